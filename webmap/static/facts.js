// What the plan holds, by name; and which of it the filters let through.
(function (geoplan) {
  "use strict";

  const { say, source, state, layers, shade } = geoplan;

  let rowsById = null;
  const byId = { sectors: new Map(), sources: new Map() };
  const known = new Map();

  geoplan.learn = (facts) => {
    geoplan.facts = facts;
    facts.sectors.forEach((one) => byId.sectors.set(one.id, one));
    (facts.sources || []).forEach((one) => byId.sources.set(one.id, one));
    // A link may be older than the plan: what it no longer has is let go.
    if (!byId.sectors.has(state.sector)) state.sector = "";
    if (!facts.years.includes(Number(state.year))) state.year = "";
    if (!facts.vintages.some((one) => one.layer === state.vintage)) state.vintage = "";
  };

  geoplan.words = (name) => (geoplan.facts.words || {})[name] || {};
  geoplan.word = (name, code) => say(geoplan.words(name)[code]) || code || "";
  geoplan.kindName = (kind) => geoplan.word("subject_kind", kind);
  geoplan.sectorOf = (id) => byId.sectors.get(id) || null;
  geoplan.sourceTitle = (cite) => {
    const from = cite.source;
    if (!from) return "";
    return typeof from === "string" ? say(byId.sources.get(from)) || from : say(from);
  };

  geoplan.defaultVintage = () => {
    const { vintages, plan } = geoplan.facts;
    const day = plan.shown_on || "9999";
    const fits = (one) => (!one.valid_from || one.valid_from <= day) && (!one.valid_to || day <= one.valid_to);
    return ((vintages.find(fits) || vintages[vintages.length - 1]) || {}).layer || "";
  };
  geoplan.vintageIndex = () => {
    const name = state.vintage || geoplan.defaultVintage();
    return geoplan.facts.vintages.findIndex((one) => one.layer === name);
  };

  // ---- which things the filters let through
  geoplan.passes = (role, item) => {
    if (role !== "projects" && role !== "enterprises") return true;
    if (state.sector && !(item.properties.sectors || []).includes(state.sector)) return false;
    if (role === "projects" && rowsById && (state.year || state.withoutLargest)) return (item.properties.ids || []).some((id) => geoplan.isProjectWanted(rowsById.get(id)));
    return true;
  };

  geoplan.isProjectWanted = (row) => {
    if (!row) return true;
    const [from, to] = row.years || [0, 0];
    if (state.year && !(from <= Number(state.year) && Number(state.year) <= to)) return false;
    const left = shade.current.answer && shade.current.answer.left_out;
    if (state.withoutLargest && left && left.id === row.id) return false;
    if (!state.sector || row.sector === state.sector) return true;
    // Through the crosswalk: the placement of the sector lists its projects.
    const { placed } = shade.current;
    return Boolean(placed) && placed.projects.some((one) => one.id === row.id);
  };

  geoplan.moneyOfGroup = (properties) => {
    if (rowsById && (state.year || state.withoutLargest)) {
      return (properties.ids || []).map((id) => rowsById.get(id)).filter((row) => row && geoplan.isProjectWanted(row)).reduce((sum, row) => sum + (row.wanyuan || 0), 0);
    }
    return properties.wanyuan || 0;
  };

  geoplan.colourOfGroup = (role, properties) => {
    const sectors = properties.sectors || [];
    if (state.sector && sectors.includes(state.sector)) return geoplan.sectorOf(state.sector).colour;
    const own = sectors.map(geoplan.sectorOf).filter((one) => one && one.projects);
    return own.length === 1 ? own[0].colour : "#6b655d";
  };

  // A long list comes in several answers.
  geoplan.projectRows = async () => {
    if (rowsById) return rowsById;
    const found = new Map();
    let from = 0;
    do {
      const answer = await source.get(source.pathOf("projects", { from: from || "" }));
      answer.rows.forEach((row) => found.set(row.id, row));
      from = answer.next;
    } while (from);
    rowsById = found;
    return found;
  };

  geoplan.nameOf = (kind, id) => {
    const row = kind === "projects" && rowsById && rowsById.get(id);
    if (row) return say(row);
    const item = layers.find(kind, id);
    if (item && item.id === id) return say(item.properties, "name") || say(item.properties) || id;
    return say(known.get(`${kind}:${id}`)) || id;
  };

  /** Names of the things of one footprint: rows and answers that are at hand, or asked for. */
  geoplan.namesOf = async (kind, ids) => {
    if (kind === "projects") await geoplan.projectRows();
    const unknown = ids.filter((id) => geoplan.nameOf(kind, id) === id);
    await Promise.all(unknown.map(async (id) => {
      const subject = await source.get(source.pathOf(`subject/${kind}/${encodeURIComponent(id)}`));
      known.set(`${kind}:${id}`, { zh: subject.zh, en: subject.en });
    }));
    return ids.map((id) => geoplan.nameOf(kind, id));
  };

  let coarse = null;
  geoplan.coarse = async () => {
    coarse = coarse || (await source.get(source.pathOf("coarse")));
    for (const group of coarse) {
      group.ids.forEach((id, at) => known.set(`${group.kind}:${id}`, group.names[at]));
    }
    return coarse;
  };
})((window.geoplan = window.geoplan || {}));
