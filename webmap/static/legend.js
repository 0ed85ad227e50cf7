// The legend of the shading: classes with counts, money and histogram, or a sector's roles.
(function (geoplan) {
  "use strict";

  const { el, t, say, data, figures, symbols, shade, charts } = geoplan;
  const { areaSwatch, pattern, COLOURS } = symbols;

  function roleSwatch(role, colour) {
    const style = shade.roleStyle(role, colour);
    return areaSwatch({ fill: style.fillColor, fillOpacity: style.fillOpacity, stroke: COLOURS.districtLine });
  }

  /** Zones and money of each class: -1 without data, 0 none, 1… */
  function tally(answer) {
    const found = new Map();
    for (const [id, value] of Object.entries(answer.values)) {
      const at = shade.classOf(answer.classes, value);
      const one = found.get(at) || { zones: 0, projects: 0, firms: 0 };
      one.zones += 1;
      const [projects, firms] = (answer.counts || {})[id] || [0, 0];
      one.projects += projects;
      one.firms += firms;
      found.set(at, one);
    }
    // A carried file does not list empty cells.
    const none = answer.classes.zero_count;
    if (none) found.set(0, { projects: 0, firms: 0, ...found.get(0), zones: none });
    return found;
  }

  function row(swatch, label, one, isMoney) {
    const counted = one || { zones: 0, projects: 0, firms: 0 };
    return el("tr", {}, el("td.legend-swatch", {}, swatch), el("td.legend-range", {}, label),
      el("td.number", {}, figures.count(counted.zones)),
      el("td.number", {}, isMoney ? figures.decimal(counted.projects, 1) : figures.decimal(counted.firms || counted.projects, 1)));
  }

  // The unit stands once above the ranges; large money is written in 亿元 (bn).
  function scaleOf(answer) {
    const most = answer.classes.edges[answer.classes.edges.length - 1] || 0;
    const per = figures.PER[answer.measure];
    if (!per) return { divisor: 1, unit: say(answer, "unit") };
    const { divisor, unit } = figures.scale(most);
    return { divisor, unit: unit + per[geoplan.lang === "zh" ? 0 : 1] };
  }

  /** Numbers with just the digits that tell the classes apart. */
  function range(answer, at, divisor) {
    const { edges, lowest } = answer.classes;
    const from = at === 1 ? lowest : edges[at - 2];
    const write = (value) => {
      const scaled = value / divisor;
      const digits = Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 1 ? 1 : 2;
      return figures.decimal(scaled, digits);
    };
    const to = write(edges[at - 1]);
    if (from === null || write(from) === to) return to;
    // A lower end a thousand times smaller says nothing but digits.
    if (at > 1) return `> ${write(from)} – ${to}`;
    return from < edges[0] / 100 ? `≤ ${to}` : `${write(from)} – ${to}`;
  }

  function axisText(value) {
    if (value > 0 && value < 0.005) return "< 0.01";
    return figures.decimal(value, value >= 100 ? 0 : 2);
  }

  function density(answer, by) {
    const { classes } = answer;
    const { divisor, unit } = scaleOf(answer);
    const counts = tally(answer);
    const isMoney = !answer.measure.startsWith("firm");
    const rows = [];
    const cells = shade.CELLS.has(by);
    for (let at = classes.edges.length; at >= 1; at -= 1) {
      const label = range(answer, at, divisor);
      rows.push(row(areaSwatch({ fill: classes.colours[at - 1], fillOpacity: shade.FILL, stroke: "#c9b892" }), label, counts.get(at), isMoney));
    }
    if (counts.has(0)) rows.push(row(areaSwatch({ fill: cells ? "#faf7f0" : shade.ZERO_FILL, stroke: COLOURS.districtLine, dash: cells ? "2 2" : null }), t("map.class_zero"), counts.get(0), isMoney));
    if (counts.has(-1)) rows.push(row(areaSwatch({ fill: pattern("hatched"), stroke: COLOURS.districtLine }), t(answer.measure.includes("_per_") ? "map.class_no_area" : "map.class_no_data"), counts.get(-1), isMoney));
    const colourOf = (value) => {
      const at = shade.classOf(classes, value);
      return at > 0 ? classes.colours[at - 1] : shade.ZERO_FILL;
    };
    const isEmpty = !classes.edges.length;
    return el("div.legend", {},
      isEmpty ? el("p.empty", {}, t("map.density_empty")) : charts.histogram(answer, colourOf, (value) => axisText(value / divisor)),
      el("table.classes", {}, el("thead", {}, el("tr", {}, el("th", { colspan: 2 }, data(unit)),
        el("th.number", {}, t(cells ? "map.cells" : "map.zones")), el("th.number", {}, t(isMoney ? "map.projects" : "map.enterprises")))),
        el("tbody", {}, rows)),
      answer.note || answer.note_zh ? el("p.soft.legend-note", {}, data(say(answer, "note") || answer.note)) : null);
  }

  function sector(placed) {
    const chosen = geoplan.sectorOf(geoplan.state.sector);
    const drawn = geoplan.layers.districtCodes();
    const roles = new Map([...shade.rolesByDistrict(placed)].filter(([code]) => drawn.has(code)));
    const counts = new Map();
    for (const role of roles.values()) counts.set(role, (counts.get(role) || 0) + 1);
    if (!roles.size) return el("p.empty", {}, t("map.placement_none"));
    return el("div.legend", {}, el("table.classes", {}, el("tbody", {}, shade.ROLES.filter((role) => counts.has(role)).map((role) =>
      el("tr", {}, el("td.legend-swatch", {}, roleSwatch(role, chosen.colour)), el("td.legend-range", {}, t(`map.role_${role}`)), el("td.number", {}, String(counts.get(role))))))),
      el("p.soft.legend-note", {}, t("map.role_note")));
  }

  geoplan.legend = { density, sector, roleSwatch };
})((window.geoplan = window.geoplan || {}));
