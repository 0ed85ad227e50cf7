// What the page of site selection knows, and who wants to hear of a change.
(function (geoplan) {
  "use strict";

  // The ground is drawn by the map page's modules, which look here for what is shown.
  geoplan.state = {
    layers: "c.w.g.h", hidden: "h:metro_station,h:expressway_toll,h:lock", opacity: "g:35", vintage: "", sector: "", year: "",
    withoutLargest: false, selected: "",
  };
  geoplan.view = { set() {}, inHash: false };
  geoplan.shade = { current: {} };
  geoplan.shading = () => "none";

  const listeners = new Map();

  const site = {
    offer: geoplan.read("offer") || {},
    /** The brief as it was last read from the form or a link. */
    brief: {},
    /** Name of the saved brief, and whether a link to it lasts. */
    id: "",
    kept: true,
    record: null,
    geometry: null,
    /** See site_weighing.js. */
    model: null,
    /** In place of a record: a grid explored (site_surface.js), and the cell that was pointed at. */
    surface: null,
    cell: null,
    selected: "",
    compared: ["", ""],
    on(name, listener) {
      if (!listeners.has(name)) listeners.set(name, []);
      listeners.get(name).push(listener);
    },
    tell(name, what) {
      (listeners.get(name) || []).forEach((listener) => listener(what));
    },
    siteOf: (id) => (site.model ? site.model.byId.get(id) || null : null),
    /** What was asked and answered, as far as there is an answer. */
    answer: () => site.record || site.surface,
    criteria: () => (site.answer() || site.offer).criteria || [],
    criterionOf: (id) => site.criteria().find((one) => one.id === id) || null,
    ruleOf: (id) => ((site.answer() || {}).rules || []).find((one) => one.id === id) || null,
  };

  /** Choose a site, from wherever: table, map and details follow. */
  site.select = (id, options) => {
    if (id && !site.siteOf(id)) return;
    site.selected = id;
    geoplan.state.selected = id ? `platforms:${id}` : "";
    writeAddress();
    site.tell("selected", options || {});
  };

  // ---- the address: which brief, which site
  function query(overrides) {
    const given = new URLSearchParams(location.search);
    const own = { b: site.id, o: site.selected, lang: given.get("lang") || "", ...overrides };
    return Object.entries(own).filter(([, value]) => value).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  }

  function writeAddress(isStep) {
    const address = `?${query()}`;
    if (address !== (location.search || "?")) {
      const target = address === "?" ? location.pathname : address;
      if (isStep) history.pushState(null, "", target);
      else history.replaceState(null, "", target);
    }
    const link = document.getElementById("language");
    if (link) link.href = `?${query({ lang: geoplan.lang === "zh" ? "en" : "zh" })}`;
  }

  site.writeAddress = writeAddress;
  site.addressOf = (id) => `${location.origin}${location.pathname}?${query({ b: id })}`;
  site.asked = () => {
    const given = new URLSearchParams(location.search);
    return { id: given.get("b") || "", selected: given.get("o") || "" };
  };

  geoplan.site = site;
})((window.geoplan = window.geoplan || {}));
