// One site: where it stands and why, what speaks against it, and what would make it win.
(function (geoplan) {
  "use strict";

  const { el, svg, t, say, data, site, citing, figures, replace } = geoplan;
  const { words } = site;

  let opener = null;
  let drawnAsOwn = true;
  /** Of a cell of a surface, a record of that one site; else the decision. */
  const asked = () => site.cell || site;
  const contributionOf = (model, row, column) => model.weights[column] * model.values[row * model.weights.length + column];
  const element = () => document.getElementById("drawer");

  const LISTED = 6;

  /** The first of a long list, the rest one click away. */
  function some(rows) {
    if (rows.length <= LISTED + 1) return rows;
    const rest = el("div", { hidden: true }, rows.slice(LISTED));
    const button = el("button.plain.more", { type: "button", onclick: () => { rest.hidden = false; button.remove(); } }, t("map.show_more", { count: rows.length - LISTED }));
    return [...rows.slice(0, LISTED), rest, button];
  }

  const section = (title, ...children) => el("section.drawer-section", {}, el("h3", {}, title), children);
  const staleNote = () => (asked().model.isOwn ? null : el("p.soft.small.stale-note", {}, t("site.of_old_weights")));

  function standing(one, row) {
    const { model } = asked();
    if (one.state !== "allowed") return el(`p.standing.is-${one.state}`, {}, el(`span.key-sign.is-${one.state}`, { "aria-hidden": "true" }, one.state === "excluded" ? "×" : "?"), " ", t(`site.standing_${one.state}`));
    const [low, high] = [model.lows[row], model.highs[row]];
    return [
      el("p.standing", {}, site.cell ? null : el("strong.standing-rank", {}, t("site.rank_of", { rank: model.ranks[row], count: model.allowed.length })),
        el("span", {}, t("site.score"), " ", el("strong", {}, words.score(model.scores[row])), high - low > 0.002 ? el("span.soft", {}, ` ${words.score(low)}–${words.score(high)}`) : null)),
      site.cell ? el("p.standing-sure", {}, one.ahead > 0 ? t("site.cell_ahead", { share: words.chance(1 - one.ahead) }) : t("site.cell_first")) : null,
      one.first ? el("p.standing-sure", {}, sureSentence(one)) : null,
      staleNote(),
    ];
  }

  function sureSentence(one) {
    const { robustness } = asked().record;
    const note = one.first.error < 0.001 ? "" : t("site.sampling_note");
    const given = { share: words.firstShare(one.first), note, best: one.rank_best, worst: one.rank_worst };
    const among = t(`site.sure_${robustness.mode}`, { spread: words.percent(robustness.spread ?? 0, 0) });
    return t(one.rank_best === one.rank_worst ? "site.sure_fixed" : "site.sure", { ...given, among });
  }

  function buttons(one) {
    if (site.cell) return null;
    const { compared } = site;
    const put = (at) => () => {
      site.compared[at] = one.id;
      site.tell("tab", "compare");
    };
    return el("div.drawer-buttons", {},
      one.lon !== null ? el("button", { type: "button", onclick: () => site.map.fly(one.id) }, t("map.fly")) : null,
      el("button", { type: "button", onclick: put(compared[0] && compared[0] !== one.id ? 1 : 0) }, t("site.compare_this")),
      one.kind !== "cell" ? el("button", { type: "button", onclick: () => site.tell("like", one.id) }, t("site.like_this")) : null,
      taking("sheet.pdf", t("site.sheet_pdf"), one.id), taking("sheet.docx", t("site.sheet_docx"), one.id));
  }

  /** A button that fetches a file and says so while it is being made. */
  function taking(file, label, id) {
    return el("button", { type: "button", title: t("site.sheet_title"), onclick: async (event) => {
      const button = event.currentTarget;
      button.disabled = true;
      button.textContent = t("site.making");
      try {
        await site.asking.take(file, { site: id });
      } catch (error) {
        geoplan.failed(error);
      }
      button.disabled = false;
      button.textContent = label;
    } }, label);
  }

  function header(one, row) {
    const other = geoplan.lang === "zh" ? one.en : one.zh;
    const facts = [words.placeOf(one), one.wing ? say(one.wing) : "", one.area_km2 ? figures.area(one.area_km2) : t("site.no_area")].filter(Boolean);
    return [
      el("div.drawer-kind", {}, el("span", {}, data(facts.filter(Boolean).join(" · "))),
        el("button.plain.close", { type: "button", onclick: close, "aria-label": t("map.close"), title: `${t("map.close")} (Esc)` }, "×")),
      el("h2", { tabindex: "-1" }, data(say(one))),
      other && other !== say(one) ? el("p.other-name", {}, data(other)) : null,
      one.lon === null ? el("p.where-line", {}, t("site.place_unknown"))
        : one.accuracy_m > 0 ? el("p.where-line", {}, t("map.accuracy", { metres: figures.decimal(one.accuracy_m, 0) })) : null,
      el("div.standing-holder", {}, standing(one, row)),
      buttons(one),
    ];
  }

  const QUOTED = 90;

  /** The plan's own words right below a reason; the whole sentence is one click away. */
  function quoted(cite) {
    if (!cite || !cite.quote) return null;
    const short = cite.quote.length > QUOTED ? `${cite.quote.slice(0, QUOTED)}…` : cite.quote;
    return el("span.reason-quote", {}, "“", data(short), "”");
  }

  function reasons(one) {
    if (!one.reasons.length) return null;
    return section(t("site.reasons"), some(one.reasons.map((reason) => {
      const criterion = site.criterionOf(reason.criterion);
      return citing.cited([el("span.reason", {}, criterion ? el("span.dot.dot-square", { style: { background: words.colourOf(criterion.id) }, title: say(criterion) }) : null, " ", data(say(reason)), quoted(reason.cite))], reason.cite, reason.cite && reason.cite.basis);
    })));
  }

  function contributions(one, row) {
    const { model } = asked();
    const most = Math.max(...model.weights);
    const rows = model.criteria.map((criterion, column) => {
      const given = one.measured[criterion.id];
      const share = contributionOf(model, row, column);
      const lost = !given || given.best === null;
      return el("tr", {},
        el("th", { scope: "row" }, el("span.dot.dot-square", { style: { background: words.colourOf(criterion.id) } }), " ", data(say(criterion))),
        el(`td.number.measured${lost ? ".is-lost" : ""}`, {}, words.measured(given, criterion.unit)),
        el("td.number", {}, (one.values[criterion.id] ?? 0).toFixed(2)),
        el("td.number", {}, words.weight(model.weights[column])),
        el("td.number.cell-share", {}, el("span.share", { style: { width: `${(share / most) * 100}%`, background: words.colourOf(criterion.id) } }), el("strong", {}, share.toFixed(3))));
    });
    const lost = model.criteria.some((criterion) => !one.measured[criterion.id] || one.measured[criterion.id].best === null);
    return section(t("site.contributions"), el("table.contributions", {},
      el("thead", {}, el("tr", {}, ["criterion", "measured", "value", "weight", "share"].map((key) => el(`th${key === "criterion" ? "" : ".number"}`, { scope: "col", title: t(`site.head_${key}_title`) }, t(`site.head_${key}`))))),
      el("tbody", {}, rows),
      el("tfoot", {}, el("tr", {}, el("th", { scope: "row", colspan: 4 }, t("site.total")), el("td.number", {}, el("strong", {}, words.score(model.scores[row])))))),
    lost ? el("p.soft.small", {}, t("site.unknown_counts")) : null);
  }

  const SIGNS = { allowed: "✓", unknown: "?", excluded: "×" };

  function checks(one) {
    if (!one.checks.length) return section(t("site.rules_checked"), el("p.soft", {}, t("site.no_rules")));
    return section(t("site.rules_checked"), one.checks.map((check) => {
      const rule = site.ruleOf(check.rule);
      // In Chinese the sentence quotes the clause itself.
      const clause = rule && rule.clause_zh && geoplan.lang === "en" ? el("div.clause.soft", {}, data(rule.clause_zh)) : null;
      const margin = check.margin === null ? "" : words.margin(check);
      return citing.cited([
        el(`span.key-sign.is-${check.state}`, { title: t(`site.check_${check.state}`) }, SIGNS[check.state]),
        el("span.check-text", {}, margin && check.state === "excluded" ? el("strong.margin", {}, margin, " ") : null, data(say(check)), clause),
      ], rule && rule.cite, rule && rule.cite && rule.cite.basis, "div.said.check-line");
    }));
  }

  function flips(one, row) {
    const { model } = asked();
    if (one.state !== "allowed") return null;
    if (one.rank === 1 || site.cell) return null;
    const { weights, values } = one.flips;
    const listed = (list, key) => (list.length ? [el("h4", {}, t(key)), el("ul.flips", {}, list.slice(0, 4).map((change) => el("li", {}, data(words.flip(change)))))] : null);
    const none = !weights.length && !values.length;
    return section(t(model.ranks[row] === 1 ? "site.flips_old" : "site.flips"), none ? el("p.soft", {}, t("site.no_flip")) : [
      listed(weights, "site.flips_weights"), listed(values, "site.flips_values"),
      el("p.soft.small", {}, t("site.flips_note"))], staleNote());
  }

  function chances(one) {
    if (!one.ranks || !one.ranks.length || one.state !== "allowed") return null;
    const [width, height, base] = [340, 76, 58];
    let last = one.ranks.length;
    while (last > 1 && !(one.ranks[last - 1] > 0.0005)) last -= 1;
    const shown = one.ranks.slice(0, Math.max(6, Math.min(24, last)));
    const step = width / shown.length;
    const most = Math.max(...shown, 0.05);
    const bars = shown.map((share, at) => {
      const size = share > 0 ? Math.max(1, (share / most) * (base - 14)) : 0;
      return [
        svg("rect", { x: at * step + step * 0.15, y: base - size, width: step * 0.7, height: size, class: at ? "bar-base" : "bar-target" }),
        share >= 0.01 ? svg("text", { x: (at + 0.5) * step, y: base - size - 3, "text-anchor": "middle", class: "chart-value" }, words.chance(share)) : null,
        svg("text", { x: (at + 0.5) * step, y: base + 13, "text-anchor": "middle", class: "chart-year" }, String(at + 1)),
      ];
    });
    return section(t("site.chances"), svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, class: "chart", role: "img", "aria-label": shown.map((share, at) => `${at + 1}: ${words.percent(share, 0)}`).join("; ") },
      svg("path", { d: `M0,${base + 0.5} H${width}`, class: "chart-axis" }), bars),
    el("p.soft.small", {}, t("site.chances_note", { draws: figures.decimal(asked().record.robustness.draws, 0) })), staleNote());
  }

  function opinions(one) {
    const found = Object.entries(one.opinions || {});
    if (!found.length || one.state !== "allowed") return null;
    return section(t("site.opinions"), el("table.opinions", {}, el("tbody", {}, found.map(([key, given]) => {
      const agreed = asked().record.agreement[key];
      return el("tr", {}, el("th", { scope: "row" }, t(`site.opinion_${key}`)), el("td.number", {}, t("site.rank_nth", { rank: given.rank })), el("td.number.soft", {}, figures.decimal(given.score, 3)),
        el("td.soft.small", {}, agreed ? t("site.agreement", { tau: agreed.kendall_tau === null ? "—" : agreed.kendall_tau.toFixed(2) }) : null));
    }))), el("p.soft.small", {}, t("site.opinions_note")), staleNote());
  }

  function show(options) {
    const { selected } = site;
    const drawer = element();
    const one = site.cell ? site.cell.record.sites[0] : site.siteOf(selected);
    if (!one) {
      if (!drawer.hidden) hide();
      return;
    }
    if (drawer.hidden) opener = document.activeElement;
    const row = site.cell ? 0 : site.model.rowOf.get(selected);
    const isBarred = one.state !== "allowed";
    const kept = options && options.keep ? drawer.scrollTop : 0;
    const wasHidden = drawer.hidden;
    drawer.hidden = false;
    replace(drawer, el("div.drawer-head", {}, header(one, row)),
      isBarred ? checks(one) : null,
      reasons(one), contributions(one, row), flips(one, row),
      isBarred ? null : checks(one), chances(one), opinions(one));
    drawer.scrollTop = kept;
    drawnAsOwn = asked().model.isOwn;
    if (wasHidden) site.tell("resized");
    if (options && options.focus) drawer.querySelector("h2").focus({ preventScroll: true });
    if (!(options && options.keep)) geoplan.announce(say(one));
  }

  /** Of what is shown, weights change the standing and what the score is made of. */
  function follow() {
    const { model } = site;
    const one = site.siteOf(site.selected);
    const drawer = element();
    if (!one || drawer.hidden) return;
    if (drawnAsOwn !== model.isOwn) {
      show({ keep: true });
      return;
    }
    const row = model.rowOf.get(one.id);
    replace(drawer.querySelector(".standing-holder"), standing(one, row));
    drawer.querySelector(".contributions").closest("section").replaceWith(contributions(one, row));
  }

  function hide() {
    element().hidden = true;
    site.tell("resized");
    if (opener && document.contains(opener)) opener.focus();
  }

  function close() {
    site.cell = null;
    site.tell("cell");
    site.select("");
  }

  site.on("selected", show);
  site.on("cell", () => show({}));
  site.on("record", () => show({ keep: false }));
  site.on("weights", follow);
  site.details = { close };
})((window.geoplan = window.geoplan || {}));
