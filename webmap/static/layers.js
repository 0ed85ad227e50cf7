// The plan's layers on the map: how each is drawn, shown, faded and found under a click.
(function (geoplan) {
  "use strict";

  const { source, state, view, symbols, geometry, say } = geoplan;
  const { COLOURS } = symbols;

  const entries = new Map();
  const renderers = {};
  const onDrawn = [];
  let map = null;

  const idOf = (feature) => String(feature.id ?? feature.properties.id ?? feature.properties.code);
  const isApproximate = (properties) =>
    properties.geometry_basis === "approximate" || properties.shape !== "published";

  // ---- what there is
  /** Entry: {key, role, name, title, kinds, kindOf, pane, facts}. Keys are what the address holds. */
  function describe(given) {
    entries.clear();
    const facts = given.layers;
    const add = (key, role, pane, layer, more) =>
      entries.set(key, { key, role, pane, name: layer.name, facts: layer, features: null, leaflet: null, ...more });
    const plain = { context: ["c", "context"], waters: ["w", "waters"], wings: ["g", "wings"],
      platforms: ["p", "platforms"], hubs: ["h", "points"] };
    let others = 0;
    for (const layer of facts) {
      if (layer.role === "districts") {
        const at = given.vintages.findIndex((one) => one.layer === layer.name);
        add(`d${at < 0 ? given.vintages.length : at}`, "districts", "districts", layer);
      } else if (plain[layer.role] && !entries.has(plain[layer.role][0])) {
        add(...[plain[layer.role][0], layer.role, plain[layer.role][1]], layer, {
          kinds: { platforms: "platform_kind", hubs: "hub_kind" }[layer.role],
        });
      } else {
        add(`x${others}`, "other", "platforms", layer);
        others += 1;
      }
    }
    for (const layer of given.virtual) {
      add({ projects: "j", enterprises: "e" }[layer.name], layer.name, "points", layer, { virtual: true });
    }
  }

  const DEFAULT_KEYS = ["c", "w", "g", "p", "j"];
  const ownVintage = () => `d${Math.max(0, geoplan.vintageIndex())}`;
  const defaults = () => [...DEFAULT_KEYS, ownVintage()].filter((key) => entries.has(key));
  const shownKeys = () => (state.layers === null ? defaults() : state.layers.split(".").filter(Boolean));
  const isShown = (key) => shownKeys().includes(key);

  function show(key, visible) {
    const keys = new Set(shownKeys());
    if (visible) keys.add(key);
    else keys.delete(key);
    const chosen = [...entries.keys()].filter((one) => keys.has(one));
    const same = chosen.length === defaults().length && defaults().every((one) => keys.has(one));
    view.set({ layers: same ? null : chosen.join(".") || "-" });
  }

  const hiddenKinds = () => new Set(state.hidden.split(",").filter(Boolean));

  function showKind(key, kind, visible) {
    const hidden = hiddenKinds();
    const name = `${key}:${kind}`;
    if (visible) hidden.delete(name);
    else hidden.add(name);
    view.set({ hidden: [...hidden].join(",") });
  }

  function opacities() {
    return Object.fromEntries(
      state.opacity.split(",").filter(Boolean).map((pair) => {
        const [key, percent] = pair.split(":");
        return [key, Number(percent)];
      }),
    );
  }

  function fade(key, percent) {
    const all = opacities();
    if (percent >= 100) delete all[key];
    else all[key] = percent;
    view.set({ opacity: Object.entries(all).map(([one, value]) => `${one}:${value}`).join(",") });
  }

  // ---- how each is drawn
  function platformStyle(properties) {
    const colour = symbols.kindColour(properties.kind);
    const rough = isApproximate(properties);
    const stated = properties.shape === "area_circle" || Boolean(properties.area_km2);
    return {
      color: colour,
      weight: stated || !rough ? 1.4 : 1,
      opacity: stated || !rough ? 0.9 : 0.7,
      dashArray: rough ? (stated ? "5 3" : "2 3") : null,
      fillColor: colour,
      fillOpacity: stated || !rough ? 0.1 : 0.03,
    };
  }

  function wingColour(id) {
    const wing = geoplan.facts.wings.find((one) => one.id === id);
    return (wing && wing.colour) || "#d8c9a8";
  }

  function styleOf(entry, properties, id) {
    const shaded = geoplan.shading && geoplan.shading() !== "none";
    switch (entry.role) {
      case "context":
        return { color: COLOURS.surroundLine, weight: 0.8, fillColor: COLOURS.surround, fillOpacity: 1 };
      case "waters":
        return { color: COLOURS.waterLine, weight: entry.isLine ? 1.6 : 0.6, fillColor: COLOURS.water, fillOpacity: 1 };
      case "districts":
        return entry.key === ownVintage()
          ? { color: COLOURS.districtLine, weight: 1, fill: false }
          : { color: "#7a4d6b", weight: 1.2, dashArray: "6 4", fill: false };
      case "wings":
        return { color: wingColour(id), weight: shaded ? 3.5 : 2, opacity: 0.85,
          fillColor: wingColour(id), fillOpacity: shaded ? 0.16 : 0.42 };
      case "platforms":
        return platformStyle(properties);
      default:
        return { color: "#6b655d", weight: 1.2, dashArray: properties.accuracy_m > 100 ? "4 3" : null,
          fillColor: "#6b655d", fillOpacity: 0.06 };
    }
  }

  const radiusOfMoney = (wanyuan) => Math.max(5, Math.min(24, Math.sqrt(wanyuan || 0) / 90));
  const isExact = (properties) => ["exact", "street"].includes(properties.precision);

  function signStyle(entry, properties) {
    if (entry.role === "hubs") {
      return { shape: symbols.hubShape(properties.kind), radius: properties.kind === "metro_station" ? 3 : 5,
        color: "#fff", weight: 1, fillColor: "#4d5963", fillOpacity: 0.9 };
    }
    const colour = geoplan.colourOfGroup ? geoplan.colourOfGroup(entry.role, properties) : COLOURS.neutral;
    const exact = isExact(properties);
    if (entry.role === "projects") {
      const radius = radiusOfMoney(geoplan.moneyOfGroup(properties));
      // Dashes on a small ring look like a cog: there paleness alone says approximate.
      return { radius, color: colour, weight: 1.4, dashArray: exact || radius < 9 ? null : "4 3",
        fillColor: colour, fillOpacity: exact ? 0.8 : 0.3 };
    }
    return { radius: 3 + Math.min(4, Math.sqrt(properties.count || 1)), shape: "square", color: exact ? "#fff" : "#5b4a2e",
      weight: 1.1, fillColor: exact ? "#5b4a2e" : "#fffdf7", fillOpacity: 0.9 };
  }

  const latlng = ([x, y]) => L.latLng(y, x);

  function rendererOf(pane) {
    renderers[pane] = renderers[pane] || L.canvas({ pane, padding: 0.25 });
    return renderers[pane];
  }

  function isVisibleFeature(entry, item) {
    if (entry.kinds && hiddenKinds().has(`${entry.key}:${item.properties.kind}`)) return false;
    return !geoplan.passes || geoplan.passes(entry.role, item);
  }

  function faded(style, share) {
    return { ...style, opacity: (style.opacity ?? 1) * share, fillOpacity: (style.fillOpacity ?? 0.2) * share };
  }

  /** Where a sector's placement is shown, its platforms stand out and the others step back. */
  function stepsBack(entry, item) {
    const { kind, placed: found } = geoplan.shade.current;
    const placed = entry.role === "platforms" && kind === "sector" && found;
    return Boolean(placed) && !(placed.platforms || []).some((one) => one.id === item.id);
  }

  function draw(entry) {
    if (entry.leaflet) entry.leaflet.remove();
    entry.leaflet = null;
    if (!entry.features || !isShown(entry.key)) return;
    const share = (opacities()[entry.key] ?? 100) / 100;
    const common = { pane: entry.pane, renderer: rendererOf(entry.pane), interactive: false };
    const group = L.layerGroup();
    for (const item of entry.features) {
      if (!item.geometry || !isVisibleFeature(entry, item)) continue;
      if (item.at) {
        group.addLayer(new symbols.Sign(latlng(item.at), { ...common, ...faded(signStyle(entry, item.properties), share) }));
      } else {
        entry.isLine = /Line/.test(item.geometry.type);
        const style = faded(styleOf(entry, item.properties, item.id), stepsBack(entry, item) ? share * 0.35 : share);
        if (entry.isLine) style.fill = false;
        group.addLayer(L.geoJSON(item.feature, { ...common, style: () => ({ ...style, ...common }) }));
      }
    }
    entry.leaflet = group.addTo(map);
  }

  const SIGNS = new Set(["hubs", "enterprises", "projects"]);

  function prepared(entry, collection) {
    // Large below small, so that none hides another.
    const size = ({ bounds: [w, s, e, n] }) => (n > s ? (e - w) * (n - s) : 0);
    const items = collection.features.map((feature) => {
      const bounds = geometry.boundsOf(feature.geometry);
      const item = { id: idOf(feature), feature, geometry: feature.geometry, properties: feature.properties || {}, bounds, role: entry.role };
      if (SIGNS.has(entry.role) && feature.geometry) item.at = geometry.innerPoint(feature.geometry);
      return item;
    });
    return items.sort((a, b) => size(b) - size(a));
  }

  async function load(entry) {
    if (entry.features) return entry;
    entry.loading = entry.loading || source.get(source.pathOf(`layers/${entry.name}.geojson`));
    entry.features = prepared(entry, await entry.loading);
    return entry;
  }

  /** Bring the map in line with the state; layers are fetched when first shown. */
  async function refresh(keys) {
    const wanted = [...entries.values()].filter((entry) => !keys || keys.includes(entry.key));
    // The ground is always there: clicks, labels and shading need the districts.
    await Promise.all(wanted.map(async (entry) => {
      if (isShown(entry.key) || entry.key === ownVintage()) await load(entry);
      draw(entry);
    }));
    onDrawn.forEach((listener) => listener());
  }

  // ---- what lies under a point
  const ORDER = ["projects", "enterprises", "hubs", "platforms", "other", "districts", "wings"];

  function under(position) {
    const at = map.latLngToContainerPoint(position);
    const found = [];
    for (const role of ORDER) {
      for (const entry of entries.values()) {
        if (entry.role !== role || !entry.features) continue;
        const counts = entry.key === ownVintage() || (isShown(entry.key) && role !== "districts");
        if (counts) found.push(...hits(entry, position, at));
      }
    }
    return found;
  }

  function hits(entry, position, at) {
    const { lng, lat } = position;
    return entry.features.filter((item) => {
      if (!item.geometry || !isVisibleFeature(entry, item)) return false;
      if (item.at) {
        const radius = signStyle(entry, item.properties).radius + 3;
        return map.latLngToContainerPoint(latlng(item.at)).distanceTo(at) <= radius;
      }
      const [w, s, e, n] = item.bounds;
      return lng >= w && lng <= e && lat >= s && lat <= n && geometry.contains(item.geometry, lng, lat);
    }).sort((a, b) => (a.bounds[2] - a.bounds[0]) - (b.bounds[2] - b.bounds[0]));
  }

  function find(role, id) {
    for (const entry of entries.values()) {
      if (entry.role !== role || !entry.features) continue;
      if (role === "districts" && entry.key !== ownVintage()) continue;
      const item = entry.features.find((one) => one.id === id || (one.properties.ids || []).includes(id));
      if (item) return item;
    }
    return null;
  }

  const titleOf = (entry) => (entry.virtual ? geoplan.t(`map.${entry.role}`) : say(entry.facts, "title"));

  geoplan.layers = {
    entries, describe, refresh, show, isShown, showKind, hiddenKinds, fade, opacities, under, find, load, titleOf, ownVintage,
    isVisibleFeature, stepsBack, isApproximate, radiusOfMoney, wingColour,
    districtCodes: () => new Set(((entries.get(ownVintage()) || {}).features || []).map((item) => item.id)),
    attach: (leafletMap) => { map = leafletMap; },
    onDrawn: (listener) => onDrawn.push(listener),
  };
})((window.geoplan = window.geoplan || {}));
