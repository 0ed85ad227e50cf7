// The map of a decision: the quiet ground, the candidates on it, and what lies under a pointer.
(function (geoplan) {
  "use strict";

  const { el, t, say, data, site, layers, labels, geometry, symbols, replace } = geoplan;
  const { marks, words } = site;

  const ROLE = "platforms";
  /** Below so many pixels a footprint is too small to be seen or hit: a disc stands for it. */
  const SMALL_PX = 18;
  /** So many of the best are in view when a decision arrives. */
  const REGION = 10;
  const ROOM_FOR_KEY_PX = 780;
  const EDGE_PX = 30;

  let map = null;
  let items = [];
  let highlight = null;
  let classes = { edges: [], of: () => 0 };
  const renderers = {};

  // ---- drawing
  const PANES = { land: "context" };

  function rendererOf(name) {
    renderers[name] = renderers[name] || L.canvas({ pane: PANES[name] || name, padding: 0.25 });
    return renderers[name];
  }

  const latlng = ([x, y]) => L.latLng(y, x);

  /** All candidates of a record anew. */
  function rebuild() {
    for (const item of items) {
      if (item.area) item.area.remove();
      item.mark.remove();
    }
    items = [];
    mark(null);
    if (!site.record) return;
    const shapes = new Map((site.geometry.features || []).map((feature) => [String(feature.id), feature]));
    site.record.sites.forEach((one, row) => {
      const feature = shapes.get(one.id);
      const at = one.lon !== null && one.lat !== null ? [one.lon, one.lat] : feature && geometry.innerPoint(feature.geometry);
      if (!at) return;
      const area = feature && /Polygon/.test(feature.geometry.type) ? feature : null;
      items.push({
        // What is known to its district only is no point, and its district no footprint.
        id: one.id, row, at, isCoarse: Boolean(area) && one.accuracy_m === null, area: null, feature: area, geometry: area ? area.geometry : { type: "Point", coordinates: at },
        bounds: geometry.boundsOf(area ? area.geometry : { coordinates: at }), role: ROLE,
        properties: { ...one, name_zh: one.zh, name_en: one.en },
      });
    });
    // Large below small, so that none hides another; the better above the worse.
    const size = ({ bounds: [w, s, e, n] }) => (e - w) * (n - s);
    items.sort((a, b) => size(b) - size(a));
    for (const item of items) {
      if (item.feature && !item.isCoarse) {
        item.area = L.geoJSON(item.feature, { pane: "platforms", renderer: rendererOf("platforms"), interactive: false, style: () => ({ pane: "platforms", renderer: rendererOf("platforms"), interactive: false }) }).addTo(map);
      }
    }
    for (const item of [...items].sort((a, b) => precedence(b) - precedence(a))) {
      item.mark = new marks.Mark(latlng(item.at), { pane: "points", renderer: rendererOf("points"), interactive: false, radius: 6 }).addTo(map);
    }
    // Known to the labels as platforms are: names appear as room allows.
    layers.entries.set("s", { key: "s", role: ROLE, features: items.filter((item) => !item.isCoarse) });
    recolour(true);
  }

  const ORDER = { allowed: 0, unknown: 1e6, excluded: 2e6 };
  const precedence = (item) => ORDER[item.properties.state] + (item.properties.rank || 0);

  /** Bring colours, signs and sizes in line with the ranking; only what changed is drawn again. */
  function recolour(isWhole) {
    const { model } = site;
    if (!model) return;
    if (isWhole) classes = marks.classesOf(model.allowed.map((row) => model.scores[row]));
    for (const item of items) {
      const style = marks.styleOf(item.row, classes);
      const bare = item.isCoarse || (isLarge(item) && !style.sign);
      // Names of the better sites are tried first.
      item.properties.projects = item.properties.state === "allowed" ? 1e4 - model.ranks[item.row] : 0;
      const key = `${style.fillColor}${style.sign}${style.radius}${bare}`;
      if (item.drawn === key && !isWhole) continue;
      item.drawn = key;
      item.radius = bare ? 0 : style.radius;
      if (item.area) item.area.setStyle(style.area);
      Object.assign(item.mark.options, style, { bare, shift: null });
      item.mark._radius = style.radius;
      item.mark.setStyle({ radius: style.radius });
    }
    partWinners();
  }

  /** Winners at one place stand beside each other, each tied to where it is. */
  function partWinners() {
    const taken = [];
    const kept = [];
    const winners = items.filter((item) => !item.isCoarse && item.properties.state === "allowed" && site.model.ranks[item.row] <= marks.WINNERS);
    for (const item of items) item.label = item.at;
    for (const item of winners.sort((a, b) => site.model.ranks[a.row] - site.model.ranks[b.row])) {
      const at = map.latLngToContainerPoint(latlng(item.at));
      const shift = SHIFTS.find(([dx, dy]) => taken.every((other) => other.distanceTo(at.add([dx, dy])) >= 23)) || SHIFTS[0];
      taken.push(at.add(shift));
      const before = String(item.mark.options.shift || "");
      item.mark.options.shift = shift[0] || shift[1] ? shift : null;
      if (before !== String(item.mark.options.shift || "")) item.mark.redraw();
      const { lat, lng } = map.containerPointToLatLng(at.add(shift));
      item.label = [lng, lat];
      kept.push({ at: item.label, geometry: item.geometry, properties: {}, role: "hubs" });
    }
    // Signs without a name: the labels keep off the ranks.
    layers.entries.set("k", { key: "k", role: "hubs", features: kept });
  }

  const SHIFTS = [[0, 0], [24, 0], [-24, 0], [0, -24], [0, 24], [24, -24], [-24, -24], [48, 0]];

  function isLarge(item) {
    if (!item.feature) return false;
    const [w, s, e, n] = item.bounds;
    const a = map.latLngToContainerPoint([s, w]);
    const b = map.latLngToContainerPoint([n, e]);
    return Math.min(b.x - a.x, a.y - b.y) > SMALL_PX * 2;
  }

  function mark(id) {
    if (highlight) highlight.remove();
    highlight = null;
    const item = id && items.find((one) => one.id === id);
    if (!item) return;
    const style = { pane: "selection", interactive: false, color: "#14110d", weight: 2.4, fill: false };
    const [x, y] = item.mark.options.shift ? item.label : item.at;
    const group = L.layerGroup();
    if (item.feature) group.addLayer(L.geoJSON(item.feature, { ...style, style: () => ({ ...style, dashArray: item.properties.accuracy_m === 0 ? null : "6 4" }) }));
    if (!item.isCoarse) group.addLayer(L.circleMarker(latlng([x, y]), { ...style, radius: 14, weight: 2 }));
    highlight = group.addTo(map);
  }

  /** The plan's own ground is lighter than what surrounds it. */
  function land() {
    const own = layers.entries.get(layers.ownVintage());
    if (!own || !own.features) return;
    const style = { pane: "context", renderer: rendererOf("land"), interactive: false, stroke: false, fillColor: symbols.COLOURS.land, fillOpacity: 1 };
    for (const item of own.features) L.geoJSON(item.feature, { ...style, style: () => style }).addTo(map);
  }

  /** Classes of the score as a strip of colours with their edges. */
  function strip({ edges, colours, isOpen }) {
    return [el("div.key-title", {}, t("site.score")), el("div.key-scale", {}, colours.map((colour, at) => el("span.key-class", {}, el("span.key-colour", { style: { background: colour } }), el("span.key-edge", {}, at || !isOpen ? edges[at].toFixed(2) : "\u00a0"))),
      el("span.key-last", {}, edges[edges.length - 1].toFixed(2)))];
  }

  // ---- the key
  function drawKey() {
    const holder = document.getElementById("key");
    const { record, model } = site;
    holder.hidden = !record;
    if (site.surface) {
      holder.hidden = false;
      replace(holder, el("summary", {}, t("site.key")), site.areas.key(), site.exclusion.keyRow());
      return;
    }
    if (!record) return;
    const box = (fill, more) => symbols.areaSwatch({ fill, stroke: "#5f6f78", width: 0.8, ...more });
    const rows = [];
    if (model.allowed.length) {
      rows.push(strip(classes));
    }
    const sign = (text, kind) => el(`span.key-sign.${kind}`, { "aria-hidden": "true" }, text);
    const { counts } = record;
    if (counts.unknown) rows.push(el("div.key-row", {}, sign("?", "is-unknown"), t("site.state_unknown"), el("span.count", {}, String(counts.unknown))));
    if (counts.excluded) rows.push(el("div.key-row", {}, sign("×", "is-excluded"), t("site.state_excluded"), el("span.count", {}, String(counts.excluded))));
    rows.push(site.exclusion.keyRow());
    rows.push(el("div.key-row", {}, box("#a5d9b9", { dash: "3 2", fillOpacity: 0.5 }), t("site.key_rough")));
    const lost = record.sites.length - items.length;
    const coarse = items.filter((item) => item.isCoarse).length;
    if (coarse) rows.push(el("div.key-row.soft", {}, t("site.key_coarse", { count: coarse })));
    if (lost) rows.push(el("div.key-row.soft", {}, t("site.key_lost", { count: lost })));
    replace(holder, el("summary", {}, t("site.key")), rows);
  }

  // ---- pointer
  function under(position) {
    const point = map.latLngToContainerPoint(position);
    const standing = (item) => map.latLngToContainerPoint(latlng(item.at)).add(item.mark.options.shift || [0, 0]);
    const near = items.filter((item) => item.radius && standing(item).distanceTo(point) <= item.radius + 3)
      .sort((a, b) => precedence(a) - precedence(b));
    if (near.length) return near;
    const { lng, lat } = position;
    return items.filter((item) => {
      const [w, s, e, n] = item.bounds;
      return item.feature && !item.isCoarse && lng >= w && lng <= e && lat >= s && lat <= n && geometry.contains(item.geometry, lng, lat);
    }).reverse();
  }

  function tipOf(item) {
    const { model } = site;
    const one = item.properties;
    const lines = [el("strong", {}, data(say(one)))];
    if (one.state === "allowed") {
      lines.push(el("div", {}, t("site.tip_rank", { rank: model.ranks[item.row], score: words.score(model.scores[item.row]) })));
    } else {
      const first = one.checks.find((check) => check.state === one.state);
      lines.push(el("div", {}, t(`site.state_${one.state}`), first ? [geoplan.lang === "zh" ? "：" : ": ", data(say(first))] : null));
    }
    if (one.accuracy_m > 0) lines.push(el("div.soft", {}, t("map.accuracy", { metres: geoplan.figures.decimal(one.accuracy_m, 0) })));
    return lines;
  }

  function follow() {
    const tip = document.getElementById("tip");
    let frame = 0;
    map.on("mousemove", (event) => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        const [item] = under(event.latlng);
        map.getContainer().classList.toggle("is-over", Boolean(item));
        tip.hidden = !item;
        if (!item) return;
        replace(tip, tipOf(item));
        const { x, y } = event.containerPoint;
        const size = map.getSize();
        tip.style.left = `${Math.min(x + 14, size.x - tip.offsetWidth - 8)}px`;
        tip.style.top = `${Math.min(y + 16, size.y - tip.offsetHeight - 8)}px`;
      });
    });
    map.on("mouseout", () => {
      cancelAnimationFrame(frame);
      tip.hidden = true;
    });
  }

  // ---- controls and view
  function controls() {
    L.control.zoom({ position: "topright", zoomInTitle: t("map.zoom_in"), zoomOutTitle: t("map.zoom_out") }).addTo(map);
    const Home = L.Control.extend({ onAdd: () => {
      const bar = el("div.leaflet-bar", {}, el("a.leaflet-home", { href: "#", role: "button", title: t("map.home"), "aria-label": t("map.home"), onclick: (event) => { event.preventDefault(); home(); } }, "⌂"));
      L.DomEvent.disableClickPropagation(bar);
      return bar;
    } });
    new Home({ position: "topright" }).addTo(map);
    const Scale = L.Control.Scale.extend({ _updateMetric(most) {
      const metres = this._getRoundNum(most);
      this._updateScale(this._mScale, metres < 1000 ? t("map.metres", { count: metres }) : t("map.kilometres", { count: metres / 1000 }), metres / most);
    } });
    new Scale({ position: "bottomleft", imperial: false, maxWidth: 120 }).addTo(map);
  }

  /** All candidates; at first only the region of the better ones, so that they can be told apart. */
  function home(isFirst) {
    if (site.surface) {
      const [west, south, east, north] = site.surface.bounds;
      map.fitBounds([[south, west], [north, east]], { padding: [20, 20], animate: false });
      return;
    }
    const best = items.filter((item) => !item.isCoarse && item.properties.rank && item.properties.rank <= REGION);
    const own = layers.entries.get(layers.ownVintage());
    const wings = layers.entries.get("g");
    const placed = items.filter((item) => !item.isCoarse);
    const first = isFirst === true && best.length > 2 ? best : placed.length ? placed : (wings && wings.features) || (own && own.features) || [];
    const boxes = first.filter((item) => item.geometry).map((item) => item.bounds);
    const [w, s, e, n] = boxes.length ? [0, 1, 2, 3].map((at) => (at < 2 ? Math.min : Math.max)(...boxes.map((box) => box[at]))) : geoplan.facts.plan.extent;
    map.fitBounds([[s, w], [n, e]], { padding: [34, 34], maxZoom: 13, animate: false });
  }

  /** Bring a site into view, and near enough to see its footprint. */
  function fly(id) {
    const item = items.find((one) => one.id === id);
    if (!item) return;
    const [w, s, e, n] = item.bounds;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    map.fitBounds([[s, w], [n, e]], { paddingTopLeft: [70, 70], paddingBottomRight: [70 + covered(), 70], maxZoom: 12.5, animate: !still, duration: 0.5 });
  }

  /** How much of the map the drawer lies over, where there is no room beside it. */
  function covered() {
    const drawer = document.getElementById("drawer");
    if (drawer.hidden) return 0;
    return Math.max(0, map.getContainer().getBoundingClientRect().right - drawer.getBoundingClientRect().left);
  }

  const isInView = (id) => {
    const item = items.find((one) => one.id === id);
    if (!item) return true;
    const { x, y } = map.latLngToContainerPoint(latlng(item.at));
    const size = map.getSize();
    return x > EDGE_PX && y > EDGE_PX && x < size.x - covered() - EDGE_PX && y < size.y - EDGE_PX;
  };

  function attribution() {
    const ids = [...layers.entries.values()].filter((entry) => entry.facts && layers.isShown(entry.key) && entry.facts.origin).flatMap((entry) => entry.facts.origin);
    const titles = [...new Set(ids)].map((id) => geoplan.sourceTitle({ source: id })).filter(Boolean);
    replace(document.getElementById("attribution"), el("summary", {}, t("map.sources")), el("ul", {}, titles.map((title) => el("li", {}, data(title)))));
  }

  async function attach(leafletMap) {
    map = leafletMap;
    geoplan.map = map;
    layers.attach(map);
    layers.describe({ ...geoplan.facts, virtual: [] });
    geoplan.state.layers += `.${layers.ownVintage()}.s.k`;
    await layers.refresh(["c", "w", "g", "h", layers.ownVintage()].filter((key) => layers.entries.has(key)));
    land();
    labels.attach(map);
    controls();
    attribution();
    home();
    follow();
    map.on("click", (event) => {
      const [item] = under(event.latlng);
      if (item) site.select(item.id, { fromMap: true });
      else if (site.surface) site.areas.pointAt(event.latlng);
    });
    map.on("zoomend", () => { recolour(); mark(site.selected); });
    site.on("record", () => { rebuild(); home(true); drawKey(); labels.refresh(); });
    site.on("cleared", () => { rebuild(); drawKey(); labels.refresh(); });
    site.on("surface", () => { rebuild(); home(); drawKey(); labels.refresh(); });
    site.on("weights", ({ live }) => {
      recolour(!live);
      if (!live) drawKey();
      labels.refresh();
    });
    site.on("selected", ({ fromMap }) => {
      mark(site.selected);
      if (site.selected && !fromMap && !isInView(site.selected)) fly(site.selected);
      labels.refresh();
    });
  }

  const resized = () => {
    if (!map) return;
    map.invalidateSize({ pan: false, animate: false });
    if (map.getSize().x < ROOM_FOR_KEY_PX) document.getElementById("key").open = false;
  };

  site.map = { leaflet: () => map, attach, resized, fly, home, strip, rendererOf, itemOf: (id) => items.find((one) => one.id === id) || null, classes: () => classes };
})((window.geoplan = window.geoplan || {}));
