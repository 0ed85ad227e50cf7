// What fills the areas: a density, where a sector is placed, or nothing.
(function (geoplan) {
  "use strict";

  const { source, state, symbols, layers, geometry } = geoplan;

  const ROLES = ["read", "inherited", "points", "wing"];
  const CELLS = new Set(["grid", "hex"]);
  const listeners = [];
  let map = null;
  let drawn = null;
  let current = { kind: "none" };
  let asked = 0;
  const renderers = {};
  const zones = new Map();

  /** none, density or sector: what the user chose, else sector if one is chosen. */
  function shading() {
    if (state.shade === "n") return "none";
    if (state.shade === "d" || !state.sector) return "density";
    return "sector";
  }

  const zonesPath = () =>
    source.pathOf(`zones/${state.by}.geojson`, { vintage: state.by === "district" ? state.vintage : "" });

  /** Address of the density of the state, with some changes. */
  function densityPath(changes) {
    const asked = { ...state, ...changes };
    return source.pathOf("density", {
      by: asked.by, measure: asked.measure, sector: asked.sector, year: asked.year,
      vintage: asked.by === "district" ? asked.vintage : "",
      without_largest: asked.withoutLargest ? 1 : "", method: asked.method, k: asked.k,
    });
  }

  const extent = ({ bounds: [w, s, e, n] }) => (e - w) * (n - s);

  async function zonesOf(path) {
    // The districts are on the map already.
    if (state.by === "district") return (await layers.load(layers.entries.get(layers.ownVintage()))).features;
    if (!zones.has(path)) {
      const collection = await source.get(path);
      zones.set(path, collection.features.map((feature) => ({
        id: String(feature.id ?? feature.properties.id), feature, properties: feature.properties || {},
        geometry: feature.geometry, bounds: geometry.boundsOf(feature.geometry),
      })).sort((a, b) => extent(b) - extent(a)));
    }
    return zones.get(path);
  }

  /** Class of a value: 0 for none, -1 without data, else 1… by upper bounds. */
  function classOf(classes, value) {
    if (value === null || value === undefined) return -1;
    if (value === 0 && classes.has_zero) return 0;
    const at = classes.edges.findIndex((edge) => value <= edge * (1 + 1e-9));
    return at < 0 ? classes.edges.length : at + 1;
  }

  const ZERO_FILL = "#f3efe4";
  // Colours stand on land and under signs; a little of the ground shows through.
  const FILL = 0.82;

  function rendererFor(kind) {
    // Patterns need SVG; thousands of cells need a canvas.
    renderers[kind] = renderers[kind] || (kind === "svg" ? L.svg : L.canvas)({ pane: "density", padding: 0.25 });
    return renderers[kind];
  }

  function put(items, styleOf, cells) {
    if (drawn) drawn.remove();
    const renderer = rendererFor(cells ? "canvas" : "svg");
    const common = { pane: "density", renderer, interactive: false };
    const group = L.layerGroup();
    for (const item of items) {
      const style = styleOf(item);
      if (!style || !item.geometry) continue;
      group.addLayer(L.geoJSON(item.feature, { ...common, style: () => ({ ...style, ...common }) }));
    }
    drawn = group.addTo(map);
  }

  function densityStyle(answer, cells) {
    return (item) => {
      const value = answer.values[item.id];
      const at = classOf(answer.classes, cells ? value ?? 0 : value);
      if (cells && at <= 0) return null;
      const line = cells ? { stroke: false } : { color: "#fff", weight: state.by === "district" ? 0 : 0.8, stroke: state.by !== "district" };
      if (at < 0) return { ...line, fillColor: symbols.pattern("hatched"), fillOpacity: 1 };
      if (at === 0) return { ...line, fillColor: ZERO_FILL, fillOpacity: state.by === "platform" ? 0.9 : 1 };
      return { ...line, fillColor: answer.classes.colours[at - 1], fillOpacity: FILL };
    };
  }

  /** District code → the strongest of the roles a sector has there. */
  function rolesByDistrict(answer) {
    const found = new Map();
    for (const role of ROLES) {
      for (const one of answer.districts[role] || []) {
        if (!found.has(one.code)) found.set(one.code, role);
      }
    }
    return found;
  }

  function roleStyle(role, colour) {
    if (role === "read") return { fillColor: colour, fillOpacity: 0.42 };
    return { fillColor: symbols.pattern(role, colour), fillOpacity: 1 };
  }

  async function refresh() {
    asked += 1;
    const mine = asked;
    const kind = shading();
    let next = { kind };
    try {
      // The money line speaks of the filters even where no density is drawn.
      const [answer, areas, placed] = await Promise.all([
        source.get(densityPath()),
        kind === "density" ? zonesOf(zonesPath()) : null,
        state.sector ? source.get(source.pathOf("placement", { sector: state.sector })) : null,
      ]);
      next = { kind, answer, areas, placed };
    } catch (error) {
      if (mine !== asked) return;
      next = { kind, error };
    }
    if (mine !== asked) return;
    current = next;
    drawCurrent();
    listeners.forEach((listener) => listener(current));
  }

  function drawLand() {
    const ground = layers.entries.get(layers.ownVintage());
    const items = (ground && ground.features) || [];
    const roles = current.kind === "sector" && current.placed ? rolesByDistrict(current.placed) : new Map();
    const sector = geoplan.sectorOf(state.sector);
    put(items, (item) => ({
      stroke: false,
      ...(roles.has(item.id) ? roleStyle(roles.get(item.id), sector.colour)
        : { fillColor: symbols.COLOURS.land, fillOpacity: 1 }),
    }), false);
  }

  let land = null;
  function drawCurrent() {
    const ground = layers.entries.get(layers.ownVintage());
    if (land) land.remove();
    land = null;
    if (current.kind !== "density" || !current.areas) {
      drawLand();
      return;
    }
    if (state.by !== "district" && ground && ground.features) {
      const common = { pane: "context", renderer: rendererFor("ground"), interactive: false };
      land = L.layerGroup(ground.features.map((item) => L.geoJSON(item.feature, {
        ...common, style: () => ({ ...common, stroke: false, fillColor: symbols.COLOURS.land, fillOpacity: 1 }),
      }))).addTo(map);
    }
    const cells = CELLS.has(state.by);
    put(current.areas, densityStyle(current.answer, cells), cells);
  }

  /** The zone under a position, with its value, for the tip beside the pointer. */
  function zoneUnder({ lng, lat }) {
    if (current.kind !== "density" || !current.areas) return null;
    // The smallest lies on top.
    const zone = [...current.areas].reverse().find(({ bounds: [w, s, e, n], geometry: shape }) =>
      shape && lng >= w && lng <= e && lat >= s && lat <= n && geometry.contains(shape, lng, lat));
    if (!zone) return null;
    const { values, counts } = current.answer;
    const empty = CELLS.has(state.by) ? 0 : null;
    return { zone, value: values[zone.id] ?? empty, counts: counts[zone.id] };
  }

  geoplan.shading = shading;
  geoplan.shade = {
    refresh, densityPath, drawCurrent, zoneUnder, rolesByDistrict, roleStyle, classOf, ROLES, CELLS, ZERO_FILL, FILL,
    attach: (leafletMap) => {
      map = leafletMap;
      renderers.ground = L.canvas({ pane: "context", padding: 0.25 });
    },
    onAnswer: (listener) => listeners.push(listener),
    get current() { return current; },
  };
})((window.geoplan = window.geoplan || {}));
