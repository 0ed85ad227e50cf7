// Starts the page: one state, everything drawn from it.
(function (geoplan) {
  "use strict";

  const { el, t, say, data, source, state, view, layers, shade, labels, figures, announce } = geoplan;

  let map = null;
  let highlight = null;

  // ---- the chosen thing
  geoplan.select = async (kind, id, options) => {
    const asked = options || {};
    asked.focus = asked.focus ?? !asked.fromMap;
    pendingOptions = asked;
    const key = `${kind}:${id}`;
    if (state.selected === key) await showSelected();
    else view.set({ selected: key }, { step: true });
  };

  let pendingOptions = {};

  async function showSelected() {
    const options = pendingOptions;
    pendingOptions = {};
    mark(null);
    geoplan.projectsOfSelection = null;
    const [kind, ...rest] = state.selected.split(":");
    if (!kind || !rest.length) {
      const drawer = document.getElementById("drawer");
      if (!drawer.hidden) {
        drawer.hidden = true;
        geoplan.resized();
      }
      geoplan.table.follow();
      return;
    }
    const subject = await geoplan.drawer.show(kind, rest.join(":"), options);
    if (!subject) return;
    geoplan.projectsOfSelection = new Set(kind === "projects" ? [subject.id] : (subject.projects || []).map((one) => one.id));
    mark(subject);
    if (options.fly) geoplan.flyTo(options.bbox || subject.bbox, options.still);
    geoplan.table.follow();
    labels.refresh();
  }

  /** Outline of what is chosen: its footprint; for what is only known to a district, that, dashed. */
  function mark(subject) {
    if (highlight) highlight.remove();
    highlight = null;
    if (!subject) return;
    const rough = ["town", "platform", "district"].includes(subject.precision);
    const style = { pane: "selection", interactive: false, color: "#14110d", weight: 2.2, fill: rough, fillColor: "#14110d", fillOpacity: 0.05, dashArray: rough ? "6 4" : null };
    const item = layers.find(subject.kind, subject.id);
    const group = L.layerGroup();
    if (item && item.geometry) {
      group.addLayer(L.geoJSON(item.feature, { ...style, style: () => style, pointToLayer: (_, at) => L.circleMarker(at, { ...style, radius: 9, fill: false }) }));
    } else if (subject.kind === "sectors") {
      return;
    } else if (subject.precision === "district" && districtOf(subject)) {
      group.addLayer(L.geoJSON(districtOf(subject).feature, { ...style, style: () => style }));
    } else if (subject.bbox) {
      const [w, s, e, n] = subject.bbox;
      group.addLayer(L.rectangle([[s, w], [n, e]], { ...style, weight: 1.2, fill: false }));
    }
    highlight = group.addTo(map);
  }

  function districtOf(subject) {
    const ground = layers.entries.get(layers.ownVintage());
    if (!subject.bbox || !ground || !ground.features) return null;
    const near = (a, b) => a.every((value, at) => Math.abs(value - b[at]) < 0.02);
    return ground.features.find((item) => near(item.bounds, subject.bbox)) || null;
  }

  geoplan.flyTo = (bbox, isStill) => {
    if (!bbox) return;
    const [w, s, e, n] = bbox;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    map.fitBounds([[s, w], [n, e]], { padding: [50, 50], maxZoom: 14, animate: !still && !isStill, duration: 0.5 });
  };

  geoplan.resized = () => {
    if (map) map.invalidateSize({ pan: false, animate: false });
  };

  // ---- pointer
  function clicked(event) {
    const items = layers.under(event.latlng);
    if (!items.length) return;
    const things = items.filter((item) => item.role !== "other").map((item) => {
      const ids = item.properties.ids;
      return { kind: item.role, id: ids ? ids[0] : item.id, ids, name: nameOfItem(item) };
    });
    const first = things[0];
    if (!first) return;
    if (first.ids && first.ids.length > 1) {
      highlightGroup(items[0]);
      geoplan.drawer.showGroup(first.kind, first.ids, things);
      geoplan.projectsOfSelection = new Set(first.kind === "projects" ? first.ids : []);
      geoplan.table.follow();
      return;
    }
    geoplan.select(first.kind, first.id, { also: things, fromMap: true });
  }

  function highlightGroup(item) {
    mark(null);
    highlight = L.geoJSON(item.feature, { pane: "selection", interactive: false, style: () => ({ pane: "selection", interactive: false, color: "#14110d", weight: 2.2, fill: false, dashArray: "6 4" }) }).addTo(map);
  }

  function nameOfItem(item) {
    const { properties } = item;
    if (properties.count > 1) {
      const place = say(properties, "place");
      const many = t(item.role === "projects" ? "map.label_projects" : "map.label_firms", { count: properties.count });
      return place ? `${place} · ${many}` : many;
    }
    return say(properties, "name") || say(properties) || item.id;
  }

  function follow() {
    const tip = document.getElementById("tip");
    let frame = 0;
    map.on("mousemove", (event) => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        const [item] = layers.under(event.latlng);
        const zone = shade.zoneUnder(event.latlng);
        map.getContainer().classList.toggle("is-over", Boolean(item));
        if (!item && !zone) {
          tip.hidden = true;
          return;
        }
        const lines = item ? [el("strong", {}, data(nameOfItem(item)))] : [];
        if (item && item.properties.accuracy_m > 100 && item.role !== "districts") lines.push(el("div.soft", {}, t("map.accuracy", { metres: figures.decimal(item.properties.accuracy_m, 0) })));
        if (zone) lines.push(zoneLine(zone, item));
        geoplan.replace(tip, lines);
        tip.hidden = false;
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

  function zoneLine(zone, item) {
    const own = say(zone.zone.properties, "name");
    const label = own && (!item || own !== say(item.properties, "name")) ? `${own}: ` : "";
    const value = zone.value === null ? t("map.class_no_area") : figures.measured(state.measure, zone.value);
    const [projects, firms] = zone.counts || [];
    const counts = projects !== undefined ? t("map.tip_counts", { projects: figures.count(projects), firms: figures.count(firms) }) : "";
    return el("div", {}, data(label), value, counts ? el("div.soft", {}, counts) : null);
  }

  // ---- controls of the map
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

  function attribution() {
    const holder = document.getElementById("attribution");
    const ids = [...layers.entries.values()].filter((entry) => layers.isShown(entry.key) && entry.facts.origin).flatMap((entry) => entry.facts.origin);
    const titles = [...new Set(ids)].map((id) => geoplan.sourceTitle({ source: id })).filter(Boolean);
    const given = geoplan.facts.basemap;
    const shifted = given && ["GCJ-02", "BD-09"].includes(given.datum);
    const note = shifted && el("p", { class: "basemap-note" }, t("map.basemap_datum", { datum: given.datum }));
    const listed = [...titles, given && given.credit].filter(Boolean).map((title) => el("li", {}, data(title)));
    geoplan.replace(holder, el("summary", {}, t("map.sources")), note, el("ul", {}, listed));
    if (shifted) holder.open = true;
  }

  function basemap() {
    const given = geoplan.facts.basemap;
    if (!given) return;
    for (const url of given.urls) {
      L.tileLayer((url.startsWith("/") ? geoplan.page.root || "" : "") + url, { maxNativeZoom: given.max_zoom, maxZoom: 18, subdomains: given.subdomains || "abc" }).addTo(map);
    }
    document.body.classList.add("has-basemap");
  }

  // The whole area, or the part of it in which the plan has its wings and located projects.
  function home(part) {
    const entries = [...layers.entries.values()].filter((entry) => (part ? ["wings", "projects"].includes(entry.role) : entry.key === layers.ownVintage()));
    const boxes = entries.flatMap((entry) => entry.features || []).filter((item) => item.geometry).map((item) => item.bounds);
    if (part && !boxes.length) {
      home();
      return;
    }
    const [w, s, e, n] = boxes.length ? [0, 1, 2, 3].map((at) => (at < 2 ? Math.min : Math.max)(...boxes.map((box) => box[at]))) : geoplan.facts.plan.extent;
    map.fitBounds([[s, w], [n, e]], { padding: [26, 26], animate: false });
  }

  // ---- state → page
  const FILTERS = ["sector", "year", "withoutLargest", "vintage", "by", "measure", "method", "k", "shade"];

  async function changed(names) {
    const has = (...list) => list.some((name) => names.has(name));
    try {
      if (has("lang")) {
        location.reload();
        return;
      }
      const isPlaced = has("centre") && !moving;
      if (isPlaced && !has("selected")) placeFromState();
      if (has("year", "withoutLargest") && (state.year || state.withoutLargest)) await geoplan.projectRows();
      if (has("vintage", "layers")) await layers.refresh();
      if (has(...FILTERS)) {
        geoplan.topbar.draw();
        await shade.refresh();
        await layers.refresh(["g", "j", "e", "p"]);
      } else if (has("hidden", "opacity")) await layers.refresh();
      if (has("layers", "hidden")) attribution();
      if (has(...FILTERS, "layers", "hidden")) geoplan.panel.draw();
      if (has("table", ...FILTERS)) await geoplan.table.refresh();
      if (has("table")) geoplan.resized();
      if (has("selected")) await showSelected();
      // The drawer has taken or given back its room; the address speaks of what is left.
      if (isPlaced && has("selected")) placeFromState();
      if (has(...FILTERS, "layers", "hidden")) labels.refresh();
      geoplan.topbar.link();
    } catch (error) {
      failed(error);
    }
  }

  function failed(error) {
    const notice = document.getElementById("failure");
    geoplan.replace(notice, data(error.message), " ", el("button.plain", { type: "button", onclick: () => { notice.hidden = true; } }, t("map.close")));
    notice.hidden = false;
  }

  let moving = false;
  function moved() {
    const { lat, lng } = map.getCenter();
    moving = true;
    view.set({ centre: `${lat.toFixed(4)},${lng.toFixed(4)},${Number(map.getZoom().toFixed(2))}` });
    moving = false;
  }

  geoplan.here = () => {
    if (state.centre || !map || !map._loaded) return state.centre;
    const { lat, lng } = map.getCenter();
    return `${lat.toFixed(4)},${lng.toFixed(4)},${Number(map.getZoom().toFixed(2))}`;
  };

  function placeFromState() {
    const [lat, lng, zoom] = (state.centre || "").split(",").map(Number);
    if ([lat, lng, zoom].every(Number.isFinite)) map.setView([lat, lng], zoom, { animate: false });
    else home(true);
  }

  function foldable() {
    const button = document.getElementById("panel-toggle");
    const toggle = () => {
      const isFolded = document.body.classList.toggle("panel-folded");
      button.setAttribute("aria-expanded", String(!isFolded));
      button.title = t(isFolded ? "map.panel_show" : "map.panel_hide");
      geoplan.resized();
    };
    button.addEventListener("click", toggle);
    if (window.innerWidth < 1024) toggle();
    window.matchMedia("print").addEventListener("change", geoplan.resized);
    document.getElementById("table-toggle").addEventListener("click", () => view.set({ table: !state.table }, { step: true }));
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      if (!document.getElementById("drawer").hidden) geoplan.drawer.close();
      else if (state.table) view.set({ table: false });
      else if (document.activeElement === map.getContainer()) map.getContainer().blur();
    });
  }

  function languageLink() {
    const link = document.getElementById("language");
    if (!link) return;
    const other = geoplan.lang === "zh" ? "en" : "zh";
    const write = () => { link.href = (view.inHash ? "#" : "?") + view.query({ lang: other }); };
    geoplan.onAddress = () => { write(); geoplan.topbar.link(); };
    if (view.inHash) link.addEventListener("click", (event) => { event.preventDefault(); view.set({ lang: other }); });
    write();
  }

  async function start(leafletMap) {
    map = leafletMap;
    geoplan.map = map;
    try {
      await source.ready();
      geoplan.learn(geoplan.read("state") || (await source.get(source.pathOf("state"))));
      layers.attach(map);
      shade.attach(map);
      layers.describe({ ...geoplan.facts, virtual: geoplan.facts.virtual });
      languageLink();
      basemap();
      controls();
      foldable();
      geoplan.topbar.draw();
      geoplan.panel.draw();
      shade.onAnswer((current) => {
        geoplan.money.draw(current.answer);
        geoplan.panel.draw();
      });
      layers.onDrawn(() => labels.refresh());
      // Asked for now, needed when the districts are there.
      source.get(shade.densityPath()).catch(() => null);
      if (state.year || state.withoutLargest) await geoplan.projectRows();
      await layers.refresh();
      labels.attach(map);
      const given = state.centre;
      placeFromState();
      map.on("click", clicked);
      follow();
      view.onChange(changed);
      await shade.refresh();
      // What is left out as the largest is known only now.
      if (state.sector || state.withoutLargest) await layers.refresh(["g", "j", "e", "p"]);
      attribution();
      await geoplan.table.refresh();
      if (state.selected) {
        pendingOptions = { fly: !given, still: true };
        await showSelected();
      }
      // Drawer and table have taken their room; the link speaks of what is left.
      if (given) placeFromState();
      map.on("moveend", moved);
      geoplan.topbar.link();
      labels.refresh();
      document.body.dataset.ready = "yes";
      announce(t("map.ready"));
    } catch (error) {
      failed(error);
      throw error;
    }
  }

  geoplan.start = start;
})((window.geoplan = window.geoplan || {}));
