// What was chosen: facts, figures with their sentences, base and plan side by side, what belongs to it.
(function (geoplan) {
  "use strict";

  const { el, t, say, data, source, state, view, figures, replace, citing, charts } = geoplan;

  const LISTED = 12;
  const MOST_OF_GROUP = 40;
  const RELATED = ["projects", "enterprises", "platforms", "sectors", "districts", "wings", "segments", "hubs"];
  let asked = 0;
  let opener = null;

  const element = () => document.getElementById("drawer");

  function section(title, count, ...children) {
    return el("section.drawer-section", {},
      el("h3", {}, title, count !== null && count !== undefined ? el("span.count", {}, String(count)) : null), children);
  }

  const link = (kind, id, text) =>
    el("button.plain.subject", { type: "button", onclick: () => geoplan.select(kind, id, { fly: true }) }, data(text));

  function factRow(fact) {
    const value = fact.kind && fact.id ? link(fact.kind, fact.id, say(fact, "value")) : el("span.fact-value", {}, data(say(fact, "value")));
    return citing.cited([el("span.fact-label", {}, say(fact, "label")), value], fact.cite, fact.basis);
  }

  function figureRow(figure) {
    const name = [el("span.fact-label", {}, data(say(figure, "measure") || figure.measure), " ", el("span.soft", {}, [figure.year, geoplan.word("status", figure.status)].filter(Boolean).join(" "))),
      el("span.fact-value", {}, data(say(figure, "value") || figure.value))];
    return citing.cited(name, figure.cite, figure.basis);
  }

  function relatedRow(kind, one) {
    const more = [say(one, "role"), one.wanyuan !== null && one.wanyuan !== undefined ? figures.money(one.wanyuan) : "",
      one.years ? (one.years[0] === one.years[1] ? one.years[0] : `${one.years[0]}–${one.years[1]}`) : ""].filter(Boolean);
    const row = [link(kind, one.id, say(one)), el("span.soft.related-more", {}, data(more.join(" · ")))];
    return citing.cited(row, one.cite, one.basis, "div.said.related");
  }

  function longList(rows) {
    if (rows.length <= LISTED) return rows;
    const rest = el("div", { hidden: true }, rows.slice(LISTED));
    const button = el("button.plain.more", { type: "button", onclick: () => { rest.hidden = false; button.remove(); } },
      t("map.show_more", { count: rows.length - LISTED }));
    return [...rows.slice(0, LISTED), rest, button];
  }

  function whereLine(subject) {
    if (!subject.precision) return null;
    const coarse = ["district", "unknown"].includes(subject.precision);
    const accuracy = subject.accuracy_m ? t("map.accuracy", { metres: figures.decimal(subject.accuracy_m, 0) }) : "";
    const text = [t("map.location_known_to", { precision: geoplan.word("precision", subject.precision) }), accuracy].filter(Boolean).join(geoplan.lang === "zh" ? "，" : ", ");
    return el("p.where-line", {}, text, coarse ? el("span.where-coarse", {}, " ", t(`map.coarse_${subject.precision}`)) : null);
  }

  function header(subject) {
    const heading = el("h2", { tabindex: "-1" }, data(say(subject)));
    const other = geoplan.lang === "zh" ? subject.en : subject.zh;
    const buttons = el("div.drawer-buttons", {},
      subject.bbox ? el("button", { type: "button", onclick: () => geoplan.flyTo(subject.bbox) }, t("map.fly")) : null,
      subject.kind === "sectors" ? el("button", { type: "button", "aria-pressed": String(state.sector === subject.id),
        onclick: () => view.set({ sector: state.sector === subject.id ? "" : subject.id }, { step: true }) },
        t(state.sector === subject.id ? "map.filter_off" : "map.filter_on")) : null,
      el("button", { type: "button", onclick: copyLink }, t("map.copy_link")));
    return [
      el("div.drawer-kind", {}, el("span", {}, geoplan.kindName(subject.kind)),
        el("button.plain.close", { type: "button", onclick: close, "aria-label": t("map.close"), title: `${t("map.close")} (Esc)` }, "×")),
      heading, other && other !== say(subject) ? el("p.other-name", {}, data(other)) : null, whereLine(subject), buttons,
    ];
  }

  async function copyLink(event) {
    const button = event.currentTarget;
    try {
      await navigator.clipboard.writeText(location.href);
      button.textContent = t("map.copied");
    } catch {
      window.prompt(t("map.copy_link"), location.href);
    }
  }

  function roleSection(placed) {
    if (!placed) return null;
    const groups = geoplan.shade.ROLES.filter((role) => (placed.districts[role] || []).length).map((role) => {
      const sector = geoplan.sectorOf(state.sector || placed.sector) || {};
      return el("div.role-group", {},
        el("div.role-title", {}, geoplan.legend.roleSwatch(role, sector.colour || "#777"), " ", t(`map.role_${role}`)),
        placed.districts[role].map((one) => citing.cited([link("districts", one.code, say(one)), el("span.soft.related-more", {}, data(say(one, "segment")))], one.cite, one.basis || (one.cite || {}).basis, "div.said.related")));
    });
    return section(t("map.placement"), null, groups.length ? groups : el("p.soft", {}, t("map.placement_none")));
  }

  function sectorsByRole(placed) {
    if (!placed) return null;
    const groups = geoplan.shade.ROLES.filter((role) => (placed.sectors[role] || []).length).map((role) =>
      el("div.role-group", {}, el("div.role-title", {}, geoplan.legend.roleSwatch(role, "#67615a"), " ", t(`map.role_${role}`)),
        placed.sectors[role].map((one) => {
          const sector = geoplan.sectorOf(one.id) || {};
          return citing.cited([el("span.dot", { style: { background: sector.colour || "#999" } }), link("sectors", one.id, say(sector, "short") || say(one)), el("span.soft.related-more", {}, data(say(one, "segment")))], one.cite, one.basis || (one.cite || {}).basis, "div.said.related");
        })));
    return groups.length ? section(t("map.sectors_here"), null, groups) : null;
  }

  function coarseHere(coarse, code) {
    const groups = (coarse || []).filter((one) => one.code === code && one.ids.length);
    if (!groups.length) return null;
    return section(t("map.only_district"), null, el("p.soft", {}, t("map.only_district_note")), groups.map((group) =>
      el("details", {}, el("summary", {}, `${geoplan.kindName(group.kind)} ${group.count}`),
        longList(group.ids.map((id) => el("div.said", {}, link(group.kind, id, geoplan.nameOf(group.kind, id))))))));
  }

  function body(subject, placed, coarse) {
    const parts = [];
    if (subject.facts && subject.facts.length) parts.push(section(t("map.facts"), null, subject.facts.map(factRow)));
    if (subject.pairs && subject.pairs.length) {
      parts.push(section(t("map.base_and_plan"), null, subject.pairs.map(charts.pair)));
    }
    // Two points are already a pair of bars; three or more make a course.
    const courses = (subject.trends || []).filter((one) => one.points.length > 2);
    if (courses.length) {
      parts.push(section(t("map.over_time"), null, courses.map((one) => [
        el("div.pair-title", {}, data(say(one, "measure")), " ", el("span.soft", {}, data(one.unit))),
        charts.columns(one.points, (value) => figures.decimal(value, 1)),
      ])));
    }
    const yearly = subject.series || [];
    if (yearly.length > 1 && yearly.some((one) => one.value)) {
      const most = Math.max(...yearly.map((one) => one.value));
      const scale = figures.scale(most);
      parts.push(section(t("map.money_by_year"), null,
        charts.columns(yearly.map((one) => ({ ...one, status: "target" })), (value) => figures.decimal(value / scale.divisor, 1)),
        el("p.soft.small", {}, t("map.money_by_year_note", { unit: scale.unit }))));
    }
    if (subject.kind === "sectors") parts.push(roleSection(placed));
    if (subject.kind === "districts") parts.push(sectorsByRole(placed));
    if (subject.figures && subject.figures.length) parts.push(section(t("map.figures"), subject.figures.length, longList(subject.figures.map(figureRow))));
    for (const kind of RELATED) {
      const listed = subject[kind === "enterprises" && subject.firms ? "firms" : kind];
      if (!Array.isArray(listed) || !listed.length) continue;
      // A project's firm and platform stand among its facts.
      if (subject.kind === "projects" && (kind === "enterprises" || kind === "platforms")) continue;
      if (kind === "sectors" && subject.kind === "districts" && placed) continue;
      if (kind === "districts" && subject.kind === "sectors" && placed) continue;
      const beyond = (subject.more && subject.more[kind]) || 0;
      parts.push(section(t(`map.${kind}`), listed.length + beyond, longList(listed.map((one) => relatedRow(kind, one))),
        beyond ? el("p.soft", {}, t("map.beyond", { count: beyond })) : null));
    }
    if (subject.kind === "districts") parts.push(coarseHere(coarse, subject.id));
    if (parts.filter(Boolean).length === 0) parts.push(el("p.empty", {}, t("map.nothing_said")));
    return parts;
  }

  function alsoHere(others) {
    if (!others || !others.some((one) => `${one.kind}:${one.id}` !== state.selected)) return null;
    return el("div.also-here", {}, el("span.soft", {}, t("map.also_here")), others.filter((one) => `${one.kind}:${one.id}` !== state.selected).slice(0, 8).map((one) =>
      el("button.chip", { type: "button", onclick: () => geoplan.select(one.kind, one.id, { also: others }) }, el("span.soft", {}, geoplan.kindName(one.kind)), " ", data(one.name))));
  }

  /** Several things with one footprint: which one? */
  async function showGroup(kind, ids, others) {
    opener = document.activeElement;
    asked += 1;
    const mine = asked;
    const shown = ids.slice(0, MOST_OF_GROUP);
    const called = await geoplan.namesOf(kind, shown);
    if (mine !== asked) return;
    const names = shown.map((id, at) => el("div.said", {}, link(kind, id, called[at])));
    open([el("div.drawer-kind", {}, el("span", {}, geoplan.kindName(kind)), el("button.plain.close", { type: "button", onclick: close, "aria-label": t("map.close") }, "×")),
      el("h2", { tabindex: "-1" }, t("map.group_title", { count: ids.length })), el("p.soft", {}, t("map.group_note")), alsoHere((others || []).slice(1)), names]);
  }

  /** On which boundaries a district is meant, where there are several. */
  function vintageOf(group) {
    const { vintages } = geoplan.facts;
    const found = vintages.find((one) => one.layer === group.layer);
    return vintages.length > 1 && found ? geoplan.topbar.vintageTitle(found) : "";
  }

  /** Projects that are no mark on the map: by district, then those placed nowhere. */
  async function showCoarse() {
    opener = document.activeElement;
    const groups = (await geoplan.coarse()).filter((one) => one.kind === "projects");
    open([el("div.drawer-kind", {}, el("span", {}, geoplan.kindName("projects")), el("button.plain.close", { type: "button", onclick: close, "aria-label": t("map.close") }, "×")),
      el("h2", { tabindex: "-1" }, t("map.coarse_title")), el("p.soft", {}, t("map.only_district_note")),
      groups.map((group) => section(group.code ? [data(geoplan.nameOf("districts", group.code)), " ", el("span.soft.small", {}, vintageOf(group))] : t("map.money_unplaced"), group.count,
        longList(group.ids.map((id) => el("div.said", {}, link("projects", id, geoplan.nameOf("projects", id)))))))]);
    element().querySelector("h2").focus();
  }

  function open(children) {
    const drawer = element();
    drawer.hidden = false;
    replace(drawer, children);
    drawer.scrollTop = 0;
    geoplan.resized();
  }

  function close() {
    asked += 1;
    element().hidden = true;
    view.set({ selected: "" }, { step: true });
    geoplan.resized();
    if (opener && document.contains(opener)) opener.focus();
  }

  async function show(kind, id, options) {
    asked += 1;
    const mine = asked;
    if (element().hidden) opener = document.activeElement;
    try {
      const place = { sectors: { sector: id }, districts: { district: id } }[kind];
      const [subject, placed, coarse] = await Promise.all([
        source.get(source.pathOf(`subject/${kind}/${encodeURIComponent(id)}`)),
        place ? source.get(source.pathOf("placement", place)).catch(() => null) : null,
        kind === "districts" ? geoplan.coarse().catch(() => null) : null,
      ]);
      if (mine !== asked) return null;
      open([el("div.drawer-head", {}, header(subject), alsoHere(options && options.also)), body(subject, placed, coarse)]);
      if (options && options.focus) element().querySelector("h2").focus({ preventScroll: true });
      geoplan.announce(say(subject));
      return subject;
    } catch (error) {
      if (mine !== asked) return null;
      open([el("div.drawer-kind", {}, el("span", {}, geoplan.kindName(kind)), el("button.plain.close", { type: "button", onclick: close, "aria-label": t("map.close") }, "×")),
        el("p.notice", {}, data(error.message))]);
      return null;
    }
  }

  geoplan.drawer = { show, showGroup, showCoarse, close };
})((window.geoplan = window.geoplan || {}));
