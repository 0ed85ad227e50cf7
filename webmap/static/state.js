// What the view shows, and its short form in the address.
(function (geoplan) {
  "use strict";

  const DEFAULTS = Object.freeze({
    layers: null,
    hidden: "",
    opacity: "",
    shade: "",
    sector: "",
    year: "",
    by: "district",
    measure: "investment_wanyuan_per_km2",
    method: "natural_breaks",
    k: 5,
    vintage: "",
    withoutLargest: false,
    centre: null,
    selected: "",
    table: false,
    lang: "",
  });

  // The measures' names are long, addresses are short.
  const SHORT = {
    investment_wanyuan: "i",
    investment_wanyuan_per_km2: "ik",
    investment_wanyuan_per_mu: "im",
    project_count: "p",
    projects_per_km2: "pk",
    firm_count: "f",
    firms_per_km2: "fk",
  };
  const LONG = Object.fromEntries(Object.entries(SHORT).map(([long, short]) => [short, long]));
  const ZONES = ["district", "wing", "platform", "grid", "hex"];
  const METHODS = { natural_breaks: "n", quantiles: "q", head_tail: "h", box_plot: "b" };
  const METHOD_OF = Object.fromEntries(Object.entries(METHODS).map(([a, b]) => [b, a]));

  const state = { ...DEFAULTS };
  const listeners = [];
  const inHash = location.protocol === "file:";

  function density() {
    const parts = [state.by, SHORT[state.measure] || state.measure];
    const method = METHODS[state.method] || state.method;
    if (method !== METHODS[DEFAULTS.method] || state.k !== DEFAULTS.k) parts.push(method);
    if (state.k !== DEFAULTS.k) parts.push(state.k);
    return parts.join(".");
  }

  /** The view as a query, without the leading question mark. */
  function query(overrides) {
    const pairs = [];
    const put = (key, value) => {
      if (value) pairs.push(`${key}=${encodeURIComponent(value).replace(/%(2C|3A)/g, decodeURIComponent)}`);
    };
    const plain = density();
    put("l", state.layers);
    put("h", state.hidden);
    put("a", state.opacity);
    put("m", state.shade);
    put("s", state.sector);
    put("y", state.year);
    put("d", plain === `${DEFAULTS.by}.${SHORT[DEFAULTS.measure]}` ? "" : plain);
    put("v", state.vintage);
    put("x", state.withoutLargest ? "1" : "");
    put("c", (overrides && overrides.centre) || state.centre);
    put("o", state.selected);
    put("t", state.table ? "1" : "");
    put("lang", (overrides && overrides.lang) || state.lang);
    return pairs.join("&");
  }

  function readFrom(text) {
    const given = new URLSearchParams(text);
    const next = { ...DEFAULTS };
    const plain = { l: "layers", h: "hidden", a: "opacity", m: "shade", s: "sector", y: "year",
      v: "vintage", c: "centre", o: "selected", lang: "lang" };
    for (const [key, name] of Object.entries(plain)) {
      if (given.has(key)) next[name] = given.get(key);
    }
    next.withoutLargest = given.get("x") === "1";
    next.table = given.get("t") === "1";
    const [by, measure, method, k] = (given.get("d") || "").split(".");
    // A link that was cut or mistyped on its way still opens: what is unknown stays as it is.
    if (ZONES.includes(by)) next.by = by;
    if (measure in LONG || measure in SHORT) next.measure = LONG[measure] || measure;
    if (method in METHOD_OF || method in METHODS) next.method = METHOD_OF[method] || method;
    if (Number(k) >= 2 && Number(k) <= 9) next.k = Math.round(Number(k));
    return next;
  }

  /** Tell the listeners what changed; write the address. */
  function set(changes, options) {
    const changed = Object.keys(changes).filter((key) => state[key] !== changes[key]);
    if (!changed.length) return;
    Object.assign(state, changes);
    write(options && options.step);
    const names = new Set(changed);
    listeners.forEach((listener) => listener(names, state));
  }

  // A choice of a thing is a step that the back button undoes; moving the map is none.
  function write(isStep) {
    const address = (inHash ? "#" : "?") + query();
    const now = inHash ? location.hash : location.search;
    if (address === now || (address.length === 1 && !now)) return;
    const target = address.length === 1 ? location.pathname : address;
    if (isStep) history.pushState(null, "", target);
    else history.replaceState(null, "", target);
    geoplan.onAddress && geoplan.onAddress();
  }

  function restore() {
    const next = readFrom(inHash ? location.hash.slice(1) : location.search);
    const changed = Object.keys(next).filter((key) => state[key] !== next[key]);
    Object.assign(state, next);
    const names = new Set(changed);
    if (changed.length) listeners.forEach((listener) => listener(names, state));
  }

  Object.assign(state, readFrom(inHash ? location.hash.slice(1) : location.search));
  window.addEventListener("popstate", restore);

  geoplan.state = state;
  geoplan.view = { set, query, inHash, DEFAULTS, onChange: (listener) => listeners.push(listener) };
})((window.geoplan = window.geoplan || {}));
