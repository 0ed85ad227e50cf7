// The left panel: search, what fills the areas with its legend, the layers with theirs.
(function (geoplan) {
  "use strict";

  const { el, t, say, data, state, view, source, layers, symbols, figures, replace, legend } = geoplan;
  const { COLOURS, areaSwatch, lineSwatch, signSwatch } = symbols;
  const folded = new Set();
  // Zones whose density is a dataset of its own, of all sectors and years.
  const DATASETS = ["district", "wing", "platform", "grid"];

  function section(id, title, ...children) {
    const made = el("details.panel-section", { id: `section-${id}`, open: !folded.has(id), ontoggle: (event) => {
      if (event.currentTarget.open) folded.delete(id);
      else folded.add(id);
    } }, el("summary", {}, el("h2", {}, title)), children);
    return made;
  }

  // ---- density
  function select(label, options, chosen, onChoose) {
    return el("label.control", {}, label ? el("span", {}, label) : null, el("select", { "aria-label": label || t("map.class_count"), onchange: (event) => onChoose(event.target.value) },
      options.map((one) => el("option", { value: one.id, selected: String(one.id) === String(chosen), disabled: one.off }, say(one) || String(one.id)))));
  }

  // In a carried file some combinations are not at hand.
  const offered = (list, name) => list.map((one) => ({ ...one, off: source.isCarried && !source.has(geoplan.shade.densityPath({ [name]: one.id })) }));

  function densityControls() {
    const { measures, by, methods } = geoplan.facts;
    const step = { step: true };
    const classes = [3, 4, 5, 6, 7].map((k) => ({ id: k, zh: `${k} 级`, en: `${k} classes` }));
    return el("div.controls", {},
      select(t("map.measure"), offered(measures, "measure"), state.measure, (measure) => view.set({ measure, shade: state.sector ? "d" : "" }, step)),
      el("div.control", {}, el("span", {}, t("map.zone")), geoplan.topbar.choice(t("map.zone"), by.map((one) => [one.id, t(`map.by_${one.id}`), say(one)]), state.by, (chosen) => view.set({ by: chosen, shade: state.sector ? "d" : "" }, step))),
      el("div.control-pair", {},
        select(t("map.method"), offered(methods, "method"), state.method, (method) => view.set({ method }, step)),
        select("", offered(classes, "k"), state.k, (k) => view.set({ k: Number(k) }, step))));
  }

  function shadingSection() {
    const { current } = geoplan.shade;
    const kind = geoplan.shading();
    if (current.error) return section("shade", t(`map.shade_${kind}`), kind === "density" ? densityControls() : null, el("p.notice", {}, data(current.error.message)));
    if (kind === "none") return section("shade", t("map.shade_none"), el("p.empty", {}, t("map.shade_none_note")));
    if (kind === "sector") {
      const sector = geoplan.sectorOf(state.sector);
      return section("shade", [t("map.shade_sector"), " · ", data(say(sector, "short") || say(sector))], current.placed ? legend.sector(current.placed) : null);
    }
    return section("shade", t("map.shade_density"), densityControls(), current.answer && current.kind === "density" ? legend.density(current.answer, state.by) : null,
      DATASETS.includes(state.by) ? el("div.legend", {}, downloads(`density_${state.by}`), state.sector || state.year ? el("p.soft.small", {}, t("map.download_whole")) : null) : null);
  }

  // ---- layers
  function swatchOf(entry) {
    switch (entry.role) {
      case "context": return areaSwatch({ fill: COLOURS.surround, stroke: COLOURS.surroundLine });
      case "waters": return areaSwatch({ fill: COLOURS.water, stroke: COLOURS.waterLine });
      case "districts": return entry.key === layers.ownVintage()
        ? areaSwatch({ fill: COLOURS.land, stroke: COLOURS.districtLine }) : lineSwatch({ stroke: "#7a4d6b", dash: "6 4", width: 1.4 });
      case "wings": return areaSwatch({ fill: (geoplan.facts.wings[0] || {}).colour || "#ddd", fillOpacity: 0.5, stroke: (geoplan.facts.wings[0] || {}).colour });
      case "platforms": return areaSwatch({ fill: "#5d5d86", fillOpacity: 0.1, stroke: "#5d5d86", dash: "3 2" });
      case "projects": return signSwatch("circle", { fill: "#0072B2", fillOpacity: 0.3, stroke: "#0072B2" });
      case "enterprises": return signSwatch("square", { fill: "#fffdf7", stroke: "#5b4a2e" });
      case "hubs": return signSwatch("square", { fill: "#4d5963", stroke: "#fff" });
      default: return areaSwatch({ fill: "#6b655d", fillOpacity: 0.08, stroke: "#6b655d", dash: "4 3" });
    }
  }

  // A carried file has no server to ask.
  function downloads(name) {
    if (source.isCarried) return null;
    const root = (geoplan.page.root || "").replace(/\/$/, "");
    const address = (part, query) => `${root}/data/${part}/${encodeURIComponent(name)}?${query}lang=${geoplan.lang}`;
    const link = (format, text) => el("a", { href: address("download", `format=${format}&`) }, text);
    return el("p.downloads", {}, el("span.soft", {}, t("map.download")), link("gpkg", "GeoPackage"), link("geojson", "GeoJSON"), link("shapefile", "Shapefile"), el("a", { href: address("set", "") }, t("map.more_formats")));
  }

  function about(entry) {
    const facts = entry.facts;
    if (entry.virtual) {
      return el("div.about", {}, el("p", {}, t(`map.about_${entry.role}`)), facts.coarse ? el("p", {}, t("map.about_coarse", { count: facts.coarse })) : null, downloads(entry.role));
    }
    const line = (label, value) => (value ? [el("dt", {}, label), el("dd", {}, data(value))] : null);
    const span = [facts.valid_from, facts.valid_to].some(Boolean) ? `${facts.valid_from || "…"} – ${facts.valid_to || "…"}` : "";
    return el("div.about", {},
      facts.age_days_over > 0 ? el("p.notice", {}, t("map.stale", { days: facts.age_days_over })) : null,
      el("dl", {},
        line(t("map.about_origin"), facts.origin.map((id) => geoplan.sourceTitle({ source: id })).join(geoplan.lang === "zh" ? "、" : "; ")),
        line(t("map.about_accessed"), facts.accessed), line(t("map.about_valid"), span),
        line(t("map.about_accuracy"), facts.accuracy_m ? t("map.about_metres", { metres: figures.decimal(facts.accuracy_m, 0) }) : ""),
        line(t("map.about_geometry"), facts.geometry_basis ? t(`map.geometry_${facts.geometry_basis}`) : ""),
        line(t("map.about_licence"), facts.licence)),
      say(facts, "note") ? el("p", {}, data(say(facts, "note"))) : null,
      downloads(`layer:${entry.name}`));
  }

  function kindRows(entry) {
    const words = geoplan.words(entry.kinds);
    const counts = geoplan.facts.kind_counts && geoplan.facts.kind_counts[entry.role];
    const present = entry.features ? new Set(entry.features.map((item) => item.properties.kind)) : null;
    const hidden = layers.hiddenKinds();
    const rows = Object.keys(words).filter((kind) => !present || present.has(kind)).map((kind) => {
      const count = entry.features ? entry.features.filter((item) => item.properties.kind === kind).length : counts && counts[kind];
      const swatch = entry.role === "hubs" ? signSwatch(symbols.hubShape(kind), { fill: "#4d5963", stroke: "#fff" })
        : areaSwatch({ fill: symbols.kindColour(kind), fillOpacity: 0.12, stroke: symbols.kindColour(kind), dash: "3 2" });
      return el("label.layer-kind", {}, el("input", { type: "checkbox", checked: !hidden.has(`${entry.key}:${kind}`), onchange: (event) => layers.showKind(entry.key, kind, event.target.checked) }),
        swatch, el("span.layer-name", {}, geoplan.word(entry.kinds, kind)), count !== undefined ? el("span.count", {}, String(count)) : null);
    });
    if (entry.role !== "platforms") return rows;
    const circle = (dash, key) => el("div.layer-kind.is-plain", {}, areaSwatch({ fill: "none", stroke: COLOURS.soft, dash }), el("span.layer-name.soft", {}, t(key)));
    return [rows, circle("5 3", "map.circle_area"), circle("2 3", "map.circle_accuracy")];
  }

  const opened = new Set();

  function wingLegend() {
    return el("div.kinds", {}, geoplan.facts.wings.filter((wing) => wing.kind === "wing").map((wing) =>
      el("div.layer-kind.is-plain", {}, areaSwatch({ fill: wing.colour, fillOpacity: 0.5, stroke: wing.colour }),
        el("button.plain.subject", { type: "button", onclick: () => geoplan.select("wings", wing.id, { fly: true }) }, data(say(wing))),
        say(wing, "axis") ? el("span.soft.small", {}, t("map.along", { axis: say(wing, "axis") })) : null)));
  }

  function projectLegend() {
    const sizes = [10000, 100000, 1000000].map((wanyuan) => {
      const radius = Math.min(13, layers.radiusOfMoney(wanyuan));
      return el("span.size", {}, geoplan.svg("svg", { width: radius * 2 + 2, height: radius * 2 + 2, "aria-hidden": "true" },
        geoplan.svg("circle", { cx: radius + 1, cy: radius + 1, r: radius, fill: "none", stroke: COLOURS.soft })), figures.money(wanyuan));
    });
    return el("div.kinds", {}, el("div.sizes", {}, sizes), el("p.soft.small", {}, t("map.project_sizes")));
  }

  function layerRow(entry) {
    const shown = layers.isShown(entry.key);
    const percent = layers.opacities()[entry.key] ?? 100;
    const isOpen = opened.has(entry.key);
    const detail = el("div.layer-detail", { hidden: !isOpen, id: `about-${entry.key}` },
      el("label.opacity", {}, el("span", {}, t("map.opacity")), el("input", { type: "range", min: "10", max: "100", step: "10", value: String(percent), oninput: (event) => layers.fade(entry.key, Number(event.target.value)) })),
      about(entry));
    const button = el("button.plain.about-button", { type: "button", "aria-expanded": String(isOpen), "aria-controls": `about-${entry.key}`, title: t("map.what_is_this"), "aria-label": `${t("map.what_is_this")} ${layers.titleOf(entry)}`, onclick: () => {
      detail.hidden = !detail.hidden;
      if (detail.hidden) opened.delete(entry.key);
      else opened.add(entry.key);
      button.setAttribute("aria-expanded", String(!detail.hidden));
    } }, "i");
    const stale = entry.facts.age_days_over > 0 ? el("span.stale", { title: t("map.stale", { days: entry.facts.age_days_over }) }, "⏱") : null;
    const extra = !shown ? null : entry.kinds ? el("div.kinds", {}, kindRows(entry)) : entry.role === "wings" ? wingLegend() : entry.role === "projects" ? projectLegend() : null;
    return el("li.layer", {},
      el("div.layer-row", {}, el("label.layer-label", {},
        el("input", { type: "checkbox", checked: shown, "data-layer": entry.key, onchange: (event) => layers.show(entry.key, event.target.checked) }),
        swatchOf(entry), el("span.layer-name", {}, data(layers.titleOf(entry)))),
        stale, entry.facts.count !== undefined ? el("span.count", {}, figures.count(entry.facts.count)) : null, button),
      entry.facts.coarse ? el("p.coarse-note", {}, t("map.coarse_note", { count: entry.facts.coarse })) : null,
      detail, extra);
  }

  const GROUPS = [
    ["plan", ["projects", "enterprises", "platforms", "wings"]],
    ["ground", ["districts", "hubs", "waters", "context", "other"]],
  ];

  function layerSections() {
    const all = [...layers.entries.values()];
    return GROUPS.map(([name, roles]) => {
      const own = roles.flatMap((role) => all.filter((entry) => entry.role === role));
      return own.length ? section(name, t(`map.layers_${name}`), el("ul.layers", {}, own.map(layerRow))) : null;
    });
  }

  let searching = null;

  function draw() {
    const panel = document.getElementById("panel");
    const scroll = panel.querySelector(".panel-scroll");
    const top = scroll ? scroll.scrollTop : 0;
    const inside = scroll && scroll.contains(document.activeElement);
    const tabs = () => [...panel.querySelectorAll(".panel-scroll button, .panel-scroll select, .panel-scroll input, .panel-scroll summary")];
    const focused = inside ? tabs().indexOf(document.activeElement) : -1;
    searching = searching || geoplan.search.build();
    const content = el("div.panel-scroll", {}, shadingSection(), layerSections());
    if (scroll) scroll.replaceWith(content);
    else replace(panel, searching, content);
    content.scrollTop = top;
    if (focused >= 0 && tabs()[focused]) tabs()[focused].focus({ preventScroll: true });
  }

  geoplan.panel = { draw };
})((window.geoplan = window.geoplan || {}));
