// The bar above the map: sector, year, largest project, boundaries, what fills the areas.
(function (geoplan) {
  "use strict";

  const { el, t, say, data, state, view, replace } = geoplan;

  const MOST_BUTTONS = 7;

  function choice(label, options, chosen, onChoose) {
    return el("div.choice", { role: "group", "aria-label": label }, options.map(([value, text, title]) =>
      el("button", { type: "button", "aria-pressed": String(value === chosen), title: title || null, onclick: () => onChoose(value) }, text)));
  }

  const field = (label, control) => el("div.field", {}, el("span.field-label", {}, label), control);

  function years() {
    const all = geoplan.facts.years;
    const options = [["", t("map.year_all")], ...all.map((year) => [String(year), String(year)])];
    const choose = (year) => view.set({ year }, { step: true });
    if (options.length <= MOST_BUTTONS) return field(t("map.year"), choice(t("map.year"), options, state.year, choose));
    return field(t("map.year"), el("select", { "aria-label": t("map.year"), onchange: (event) => choose(event.target.value) },
      options.map(([value, text]) => el("option", { value, selected: value === state.year }, text))));
  }

  const vintageTitle = (vintage) => {
    const from = (vintage.valid_from || "").slice(0, 7);
    const to = (vintage.valid_to || "").slice(0, 7);
    if (!from && !to) return say(vintage, "title");
    return to ? t("map.vintage_until", { day: to }) : t("map.vintage_since", { day: from });
  };

  function vintages() {
    const all = geoplan.facts.vintages;
    if (all.length < 2) return null;
    const current = all[geoplan.vintageIndex()].layer;
    return field(t("map.vintage"), el("select", { "aria-label": t("map.vintage"), onchange: (event) => {
      const chosen = event.target.value;
      view.set({ vintage: chosen === geoplan.defaultVintage() ? "" : chosen }, { step: true });
    } }, all.map((one) => el("option", { value: one.layer, selected: one.layer === current, title: say(one, "title") }, vintageTitle(one)))));
  }

  function largest() {
    return el("button.switch", { type: "button", "aria-pressed": String(state.withoutLargest), title: t("map.without_largest_title"),
      onclick: () => view.set({ withoutLargest: !state.withoutLargest }, { step: true }) }, t("map.without_largest"));
  }

  function shadings() {
    const kind = geoplan.shading();
    const options = [["d", t("map.shade_density")], ["s", t("map.shade_sector")], ["n", t("map.shade_none")]];
    const chosen = { density: "d", sector: "s", none: "n" }[kind];
    return field(t("map.shade"), choice(t("map.shade"), options, chosen, (value) => {
      if (value === "s" && !state.sector) {
        openMenu();
        return;
      }
      view.set({ shade: value === "s" ? "" : value }, { step: true });
    }));
  }

  // ---- the sector menu: both taxonomies, then the wings
  let menu = null;

  function closeMenu(focus) {
    if (!menu) return;
    menu.remove();
    menu = null;
    const button = document.getElementById("sector-button");
    button.setAttribute("aria-expanded", "false");
    if (focus) button.focus();
  }

  function option(text, attributes, onChoose, ...more) {
    return el("button.menu-option", { type: "button", role: "option", ...attributes, onclick: () => { closeMenu(true); onChoose(); } }, more, el("span.menu-text", {}, data(text)));
  }

  function sectorOption(sector) {
    const count = sector.projects + sector.linked;
    const name = geoplan.lang === "zh" ? say(sector) : say(sector, "short");
    const made = option(name, { "aria-selected": String(sector.id === state.sector) },
      () => {
        view.set({ sector: sector.id, shade: "" }, { step: true });
        geoplan.select("sectors", sector.id, {});
      }, el("span.dot", { style: { background: sector.colour } }));
    made.append(el("span.count", { title: t(sector.projects ? "map.count_own" : "map.count_linked", { count }) }, count ? t("map.label_projects", { count }) : "—"));
    return made;
  }

  /** The plan's own tiers as small headings between its sectors. */
  function byTier(sectors) {
    const rows = [];
    let tier = "";
    for (const sector of sectors) {
      const own = say(sector, "tier");
      if (own && own !== tier) rows.push(el("div.tier", {}, data(own)));
      tier = own;
      rows.push(sectorOption(sector));
    }
    return rows;
  }

  function openMenu() {
    if (menu) {
      closeMenu(true);
      return;
    }
    const { plans, sectors, wings } = geoplan.facts;
    const groups = plans.map((plan) => {
      const own = sectors.filter((sector) => sector.plan === plan.id);
      return own.length ? el("div.menu-group", { role: "group", "aria-label": say(plan, "short") || say(plan) },
        el("div.menu-title", {}, data(say(plan, "short") || say(plan))), byTier(own)) : null;
    });
    const wingGroup = wings.length ? el("div.menu-group", { role: "group", "aria-label": t("map.wings") }, el("div.menu-title", {}, t("map.wings_and_points")),
      wings.map((wing) => option(say(wing), {}, () => geoplan.select("wings", wing.id, { fly: true }), el("span.dot.dot-square", { style: { background: wing.colour } })))) : null;
    menu = el("div.menu", { role: "listbox", "aria-label": t("map.sector"), onkeydown: onKey },
      option(t("map.sector_all"), { "aria-selected": String(!state.sector) }, () => view.set({ sector: "", shade: "" }, { step: true })),
      el("div.menu-columns", {}, groups, wingGroup));
    const button = document.getElementById("sector-button");
    button.after(menu);
    button.setAttribute("aria-expanded", "true");
    (menu.querySelector('[aria-selected="true"]') || menu.querySelector("button")).focus();
  }

  function onKey(event) {
    const all = [...menu.querySelectorAll("button")];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      all[(to + all.length) % all.length].focus();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      closeMenu(true);
    }
  }

  for (const leaving of ["pointerdown", "focusin"]) {
    document.addEventListener(leaving, (event) => {
      if (menu && !event.target.closest(".sector-field")) closeMenu(false);
    });
  }

  function sectors() {
    const sector = geoplan.sectorOf(state.sector);
    const button = el("button.sector-button", { type: "button", id: "sector-button", "aria-haspopup": "listbox", "aria-expanded": "false", onclick: openMenu },
      sector ? el("span.dot", { style: { background: sector.colour } }) : null,
      el("span.sector-name", {}, sector ? data(say(sector, "short") || say(sector)) : t("map.sector_all")), el("span.caret", { "aria-hidden": "true" }, "▾"));
    const clear = sector ? el("button.plain.close", { type: "button", "aria-label": t("map.sector_clear"), title: t("map.sector_clear"), onclick: () => view.set({ sector: "", shade: "" }, { step: true }) }, "×") : null;
    const made = field(t("map.sector"), [button, clear]);
    made.classList.add("sector-field");
    return made;
  }

  function pictures() {
    if (geoplan.source.isCarried) return null;
    const root = geoplan.page.root || "";
    const make = (format) => el("a.button.picture", { href: `${root}/picture.${format}`, "data-format": format, download: "" }, format.toUpperCase());
    return field(t("map.picture"), el("span.choice.pictures", {}, make("png"), make("pdf"), make("svg")));
  }

  function draw() {
    const bar = document.getElementById("topbar");
    const focused = document.activeElement && bar.contains(document.activeElement) ? [...bar.querySelectorAll("button,select,a")].indexOf(document.activeElement) : -1;
    menu = null;
    replace(bar, sectors(), years(), largest(), vintages(), shadings(), el("span.grow"), pictures());
    if (focused >= 0) (bar.querySelectorAll("button,select,a")[focused] || bar).focus();
    link();
  }

  /** Links that carry the current view. */
  function link() {
    for (const anchor of document.querySelectorAll("a.picture")) {
      const root = geoplan.page.root || "";
      // A sheet shows what the screen shows, also before the map was moved.
      anchor.href = `${root}/picture.${anchor.dataset.format}?${view.query({ lang: geoplan.lang, centre: geoplan.here() })}`;
    }
  }

  geoplan.topbar = { draw, link, choice, vintageTitle };
})((window.geoplan = window.geoplan || {}));
