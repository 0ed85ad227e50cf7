// The ranking as a table: allowed sites by rank, then those not settled and those excluded, each with why.
(function (geoplan) {
  "use strict";

  const { el, t, say, data, site, replace } = geoplan;
  const { words, weighing } = site;

  const ROW_PX = 32;
  const SPARE = 6;
  let chip = null;
  let body = null;
  let scroller = null;
  let lines = [];
  let find = "";
  let rule = "";
  let topScore = 1;
  let shown = "";

  const stale = () => !site.model.isOwn;

  // ---- what is listed
  function matches(one) {
    if (rule && !one.checks.some((check) => check.rule === rule && check.state !== "allowed")) return false;
    return !find || `${one.zh} ${one.en} ${one.id} ${say(one.district)}`.toLowerCase().includes(find);
  }

  function listed() {
    const { model } = site;
    const rows = [];
    const put = (state, at) => {
      const found = at.filter((row) => matches(model.sites[row]));
      if (!found.length && state !== "allowed") return;
      if (state !== "allowed" || found.length) rows.push({ title: state, count: found.length });
      found.forEach((row) => rows.push({ row }));
    };
    const of = (state) => model.sites.map((one, at) => (one.state === state ? at : -1)).filter((at) => at >= 0);
    put("allowed", model.order);
    put("unknown", of("unknown"));
    put("excluded", of("excluded"));
    return rows;
  }

  // ---- cells
  function bar(row) {
    const { model } = site;
    const scale = 100 / topScore;
    const parts = model.criteria.map((criterion, column) => {
      const share = weighing.contribution(row, column);
      if (share < 0.0005) return null;
      return el("span.bar-part", {
        style: { width: `${share * scale}%`, background: words.colourOf(criterion.id) },
        title: `${say(criterion)} ${words.score(share)}`,
      });
    });
    const [low, high] = [model.lows[row], model.highs[row]];
    const range = high - low > 0.002 ? el("span.bar-range", { style: { left: `${low * scale}%`, width: `${(high - low) * scale}%` }, title: t("site.score_range", { low: words.score(low), high: words.score(high) }) }) : null;
    return el("div.bar", {}, el("div.bar-parts", {}, parts), range);
  }

  function marksOf(one) {
    if (one.dominated_by) {
      const better = site.siteOf(one.dominated_by);
      return el("span.badge.is-beaten", { title: t("site.dominated_title", { name: say(better) || one.dominated_by }) }, t("site.dominated"));
    }
    return one.pareto ? el("span.soft.small", { title: t("site.pareto_title") }, t("site.pareto")) : null;
  }

  const OPINIONS = ["topsis", "spotis", "promethee_ii"];

  // What there is no room for stands in the details.
  const ROOM = { opinions: 800, marks: 640, range: 520 };
  let room = 2000;
  const fits = (name) => room >= ROOM[name];
  const width = () => 5 + (fits("range") ? 1 : 0) + (fits("marks") ? 1 : 0) + (fits("opinions") ? OPINIONS.length : 0);

  function allowedCells(row) {
    const { model } = site;
    const one = model.sites[row];
    const old = stale() ? ".is-stale" : "";
    const moved = stale() && one.rank !== model.ranks[row] ? el("span.moved", { title: t("site.was_rank", { rank: one.rank }) }, one.rank > model.ranks[row] ? "↑" : "↓") : null;
    const range = one.rank_best ? (one.rank_best === one.rank_worst ? String(one.rank_best) : `${one.rank_best}–${one.rank_worst}`) : "—";
    return [
      el("td.number.cell-rank", {}, el("strong", {}, String(model.ranks[row])), moved),
      name(one),
      el("td.cell-bar", {}, bar(row)),
      el("td.number.cell-score", {}, words.score(model.scores[row])),
      el(`td.number.cell-first${old}`, {}, words.firstShare(one.first)),
      fits("range") ? el(`td.number.cell-range${old}`, {}, range) : null,
      fits("marks") ? el("td.cell-marks", {}, marksOf(one)) : null,
      !fits("opinions") ? null : OPINIONS.map((key) => el(`td.number.cell-opinion${old}`, {}, one.opinions[key] ? String(one.opinions[key].rank) : "—")),
    ];
  }

  const name = (one) => el("td.cell-name", { title: `${say(one)} · ${words.placeOf(one)}` },
    data(say(one)), " ", el("span.soft", {}, data(words.placeOf(one))), one.lon === null ? el("span.soft", {}, " · ", t("site.no_place")) : null);

  /** Why not: rule, clause, value and margin of the first that speaks against it. */
  function whyCells(one) {
    const against = one.checks.filter((check) => check.state === one.state);
    const [first] = against;
    const why = !first ? t("site.no_reason") : [
      first.margin !== null && first.margin !== undefined && first.margin < 0 ? el("strong.margin", {}, words.margin(first), " ") : null,
      against.length > 1 ? el("span.more-rules", { title: t("site.more_rules", { count: against.length - 1 }) }, `+${against.length - 1} `) : null,
      data(say(first)),
    ];
    return [
      el("td.number.cell-rank", {}, el(`span.key-sign.is-${one.state}`, { title: t(`site.state_${one.state}`) }, one.state === "excluded" ? "×" : "?")),
      name(one),
      el("td.cell-why", { colspan: width() - 2, title: against.map((check) => `${say(check)} ${words.margin(check)}`).join("\n") }, why),
    ];
  }

  function line(entry) {
    if (entry.title) {
      return el("tr.group", {}, el("th", { scope: "rowgroup", colspan: width() },
        t(`site.group_${entry.title}`), el("span.count", {}, String(entry.count)), el("span.soft", {}, t(`site.group_${entry.title}_note`))));
    }
    const one = site.model.sites[entry.row];
    const isChosen = site.selected === one.id;
    return el("tr", {
      "data-id": one.id, tabindex: "0", "aria-selected": String(isChosen),
      class: `is-${one.state}${isChosen ? " is-chosen" : ""}`,
      onclick: () => site.select(one.id),
      onkeydown: keyed,
    }, one.state === "allowed" ? allowedCells(entry.row) : whyCells(one));
  }

  function keyed(event) {
    const row = event.currentTarget;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      site.select(row.dataset.id, { focus: true });
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = lines.findIndex((entry) => entry.row !== undefined && site.model.sites[entry.row].id === row.dataset.id);
    for (let next = at + step; next >= 0 && next < lines.length; next += step) {
      if (lines[next].row === undefined) continue;
      show(next);
      const id = site.model.sites[lines[next].row].id;
      const target = [...body.querySelectorAll("tr[data-id]")].find((one) => one.dataset.id === id);
      if (target) target.focus();
      break;
    }
  }

  // ---- drawing
  const axis = () => el("span.axis", {}, "0", el("span", {}, topScore.toFixed(1)));

  function head() {
    const old = stale() ? ".is-stale" : "";
    const cell = (key, kind, more) => el(`th${kind || ""}`, { scope: "col", title: t(`site.column_${key}_title`) }, t(`site.column_${key}`), more);
    return el("tr", {}, cell("rank", ".number.cell-rank"), cell("name", ".cell-name"), cell("bar", ".cell-bar", axis()), cell("score", ".number.cell-score"), cell("first", `.number.cell-first${old}`),
      fits("range") ? cell("range", `.number.cell-range${old}`) : null, fits("marks") ? cell("marks", ".cell-marks") : null,
      !fits("opinions") ? null : OPINIONS.map((key) => cell(key, `.number.cell-opinion${old}`)));
  }

  function inView() {
    const from = Math.max(0, Math.floor(scroller.scrollTop / ROW_PX) - SPARE);
    return [from, Math.min(lines.length, from + Math.ceil((scroller.clientHeight || 300) / ROW_PX) + 2 * SPARE)];
  }

  /** Rows that stay in view stay as they are: a click may be under way on one. */
  function slide() {
    if (body && site.model && String(inView()) !== shown) drawRows();
  }

  function drawRows() {
    if (!body || !site.model) return;
    const [from, to] = inView();
    shown = String([from, to]);
    const space = (count) => (count ? el("tr", { "aria-hidden": "true" }, el("td.spacer", { colspan: width(), style: { height: `${count * ROW_PX}px` } })) : null);
    const focused = document.activeElement && body.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    replace(body, space(from), lines.slice(from, to).map(line), space(lines.length - to));
    if (!lines.length) replace(body, el("tr", {}, el("td.empty", { colspan: width() }, t("site.nothing_found"))));
    if (!site.model.allowed.length && !scroller.scrollTop) body.prepend(el("tr", {}, el("td.none-allowed", { colspan: width() }, t("site.none_allowed"))));
    if (focused) {
      const again = [...body.querySelectorAll("tr[data-id]")].find((one) => one.dataset.id === focused);
      if (again) again.focus({ preventScroll: true });
    }
  }

  function draw() {
    if (!body || !site.model || !body.isConnected) return;
    const { model } = site;
    topScore = Math.max(0.1, Math.ceil(model.allowed.reduce((most, row) => Math.max(most, model.highs[row]), 0) * 10 - 1e-9) / 10);
    lines = listed();
    replace(scroller.querySelector("thead"), head());
    drawRows();
    drawChip();
  }

  function drawChip() {
    const found = rule && site.ruleOf(rule);
    replace(chip, found ? el("button.chip", { type: "button", onclick: () => only("") }, t("site.only_rule"), " ", data(say(found)), " ×") : null);
  }

  /** Only the sites that a rule speaks against. */
  function only(id) {
    rule = id;
    if (scroller) scroller.scrollTop = 0;
    site.tell("tab", "ranking");
    draw();
  }

  const watcher = new ResizeObserver(([entry]) => {
    const before = width();
    room = entry.contentRect.width;
    if (before === width()) slide();
    else draw();
  });

  function build(into, tools) {
    body = el("tbody", {});
    scroller = el("div.table-scroll", { tabindex: "-1", onscroll: slide }, el("table.ranking", { "aria-label": t("site.ranking") }, el("thead", {}), body));
    chip = el("span.rule-chip", {});
    replace(tools, chip, el("input", { type: "search", value: find, placeholder: t("site.find"), "aria-label": t("site.find"), oninput: (event) => { find = event.target.value.trim().toLowerCase(); scroller.scrollTop = 0; draw(); } }));
    replace(into, scroller);
    room = into.clientWidth || room;
    watcher.disconnect();
    watcher.observe(scroller);
    draw();
  }

  function show(at) {
    const top = at * ROW_PX;
    if (top < scroller.scrollTop + ROW_PX || top > scroller.scrollTop + scroller.clientHeight - 2 * ROW_PX) {
      scroller.scrollTop = Math.max(0, top - 3 * ROW_PX);
    }
    drawRows();
  }

  function followSelection() {
    if (!body || !body.isConnected) return;
    const at = lines.findIndex((entry) => entry.row !== undefined && site.model.sites[entry.row].id === site.selected);
    if (at >= 0) show(at);
    else drawRows();
  }

  site.on("record", () => { find = ""; rule = ""; });
  site.on("weights", draw);
  site.on("selected", followSelection);
  site.table = { build, only, drawRows };
})((window.geoplan = window.geoplan || {}));
