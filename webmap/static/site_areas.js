// A grid explored: the surface of scores on the map, the best areas, and the cell that is pointed at.
(function (geoplan) {
  "use strict";

  const { el, t, say, data, site, figures, replace } = geoplan;
  const { words } = site;

  const GREYS = { unknown: "#d3cec7", excluded: "#87827b" };
  let overlay = null;
  let outlines = null;
  let square = null;
  let chosen = "";
  let asked = 0;
  let size = { mu: null, count: 5 };

  /** What is asked of the areas along with a brief. */
  const wanted = () => (size.mu ? size : { count: size.count });

  // ---- on the map
  function draw() {
    for (const layer of [overlay, outlines, square]) if (layer) layer.remove();
    overlay = outlines = square = null;
    chosen = "";
    const { surface } = site;
    if (!surface) return;
    const { map } = geoplan;
    const [west, south, east, north] = surface.bounds;
    overlay = L.imageOverlay(surface.image, [[south, west], [north, east]], { pane: "density", opacity: 0.85, className: "surface", alt: t("site.surface") }).addTo(map);
    outlines = L.layerGroup().addTo(map);
    // The best is drawn last, above the others.
    for (const feature of [...surface.geometry.features].reverse()) {
      const area = surface.areas.find((one) => one.id === feature.id);
      L.geoJSON(feature, { pane: "platforms", interactive: false, style: () => ({ pane: "platforms", interactive: false, color: "#14110d", weight: 1.6, fill: false }) }).addTo(outlines);
      const sign = new site.marks.Mark([area.lat, area.lon], { pane: "points", renderer: site.map.rendererOf("points"), interactive: false, radius: 9.5, sign: String(area.rank), fillColor: site.marks.SCALE[6], ink: "#fff", color: "#2a2825", weight: 1.6 });
      sign.addTo(outlines);
    }
  }

  function mark(bounds) {
    if (square) square.remove();
    square = null;
    if (!bounds) return;
    const [west, south, east, north] = bounds;
    square = L.rectangle([[south, west], [north, east]], { pane: "selection", interactive: false, color: "#14110d", weight: 2.4, fill: false }).addTo(geoplan.map);
  }

  function key() {
    const { surface } = site;
    const grey = (state) => (surface.counts[state] ? el("div.key-row", {}, geoplan.symbols.areaSwatch({ fill: GREYS[state], stroke: "#8d867c", width: 0.6 }), t(`site.state_${state}`)) : null);
    return [site.map.strip({ edges: surface.edges, colours: surface.colours, isOpen: true }), grey("unknown"), grey("excluded"),
      el("div.key-row.soft", {}, t("site.key_cells", { size: words.amount(surface.cell_m, "m") }))];
  }

  // ---- the cell that is pointed at
  async function pointAt({ lat, lng }) {
    asked += 1;
    const mine = asked;
    geoplan.map.getContainer().classList.add("is-waiting-for-cell");
    try {
      const cell = await site.asking.send("cell", { brief: site.brief, lon: lng, lat });
      if (mine !== asked || !site.surface) return;
      const record = { criteria: site.surface.criteria, rules: site.surface.rules, sites: [cell], agreement: {}, robustness: {} };
      site.cell = { record, model: site.weighing.modelOf(record) };
      mark(cell.square);
      site.tell("cell");
    } catch (error) {
      // Beside the area there is nothing to tell.
      if (error.status !== 404) geoplan.failed(error);
    } finally {
      geoplan.map.getContainer().classList.remove("is-waiting-for-cell");
    }
  }

  // ---- the areas as a table
  function choose(area) {
    chosen = area.id;
    const feature = site.surface.geometry.features.find((one) => one.id === area.id);
    const [west, south, east, north] = geoplan.geometry.boundsOf(feature.geometry);
    geoplan.map.fitBounds([[south, west], [north, east]], { padding: [90, 90], maxZoom: 14, animate: false });
    pointAt({ lat: area.lat, lng: area.lon });
    for (const row of document.querySelectorAll("table.areas tr[data-area]")) row.classList.toggle("is-chosen", row.dataset.area === chosen);
  }

  function row(area) {
    return el("tr", { "data-area": area.id, tabindex: "0", class: chosen === area.id ? "is-chosen" : "", onclick: () => choose(area), onkeydown: (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose(area);
    } },
    el("td.number", {}, el("strong", {}, String(area.rank))),
    el("td", {}, area.district ? data(say(area.district)) : "—", " ", el("span.soft", {}, `${area.lon.toFixed(4)}, ${area.lat.toFixed(4)}`)),
    el("td.number", {}, t("site.land_mu", { count: figures.decimal(area.mu, 0) })),
    el("td.number", {}, words.score(area.score)), el("td.number", {}, words.score(area.least)));
  }

  function build(into, tools) {
    const { surface } = site;
    const input = (name, value, label, unit) => el("label.area-size", {}, label, el("input", { type: "text", inputmode: "decimal", name, value: String(value), maxlength: "9" }), unit);
    const form = el("form.area-form", { novalidate: true, onsubmit: (event) => {
      event.preventDefault();
      const [mu, count] = ["mu", "count"].map((name) => Number(form.elements[name].value.replaceAll(",", "")));
      size = { mu: Number.isFinite(mu) ? mu : form.elements.mu.value, count: Number.isFinite(count) ? count : form.elements.count.value };
      site.tell("recompute");
    } }, input("mu", surface.wanted.mu, t("site.area_least"), t("site.unit_mu")), input("count", surface.wanted.count, t("site.area_count"), ""), el("button", { type: "submit" }, t("site.area_find")));
    replace(tools, form);
    if (!surface.areas.length) {
      replace(into, el("p.empty", {}, t("site.no_areas")));
      return;
    }
    replace(into, el("div.wide", {}, el("table.areas", {}, el("thead", {}, el("tr", {}, ["rank", "place", "size", "mean", "least_score"].map((name) => el(`th${name === "place" ? "" : ".number"}`, { scope: "col" }, t(`site.area_${name}`))))),
      el("tbody", {}, surface.areas.map(row)))), el("p.soft.small.panel-note", {}, t("site.areas_note")));
  }

  /** The wings' tints would mix with the colours of a surface. */
  function ground(hasWings) {
    const keys = geoplan.state.layers.split(".").filter((one) => one !== "g");
    geoplan.state.layers = [...keys, ...(hasWings ? ["g"] : [])].join(".");
    if (geoplan.layers.entries.has("g")) geoplan.layers.refresh(["g"]);
  }

  site.on("surface", () => { draw(); ground(false); });
  site.on("record", () => { draw(); ground(true); size = { mu: null, count: 5 }; });
  site.on("cleared", () => { draw(); ground(true); });
  site.on("brief", () => { size = { mu: null, count: size.count }; });
  site.on("cell", () => { if (!site.cell) mark(null); });
  site.areas = { wanted, key, build, pointAt };
})((window.geoplan = window.geoplan || {}));
