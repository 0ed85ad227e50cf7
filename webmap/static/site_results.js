// The panel below the map: ranking, rules, criteria, comparison; what to take along; what is out of date.
(function (geoplan) {
  "use strict";

  const { el, t, say, data, site, replace } = geoplan;

  const TABS = { record: ["ranking", "rules", "criteria", "compare"], surface: ["areas", "rules", "criteria"] };
  let tab = "ranking";
  let pane = null;
  let tools = null;
  let warning = null;

  const holder = () => document.getElementById("results");

  function fill() {
    if (!pane) return;
    replace(tools);
    ({ ranking: site.table.build, areas: site.areas.build, rules: site.panels.rules, criteria: site.panels.criteria, compare: site.compare.build })[tab](pane, tools);
  }

  const offered = () => TABS[site.record ? "record" : "surface"];

  function open(name) {
    if (!site.answer()) return;
    tab = offered().includes(name) ? name : offered()[0];
    for (const button of holder().querySelectorAll("[role=tab]")) {
      const isChosen = button.id === `results-${tab}`;
      button.setAttribute("aria-selected", String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
    }
    pane.setAttribute("aria-labelledby", `results-${tab}`);
    fill();
  }

  function tabs() {
    const { counts, rules, criteria, areas } = site.answer();
    const numbers = { ranking: counts.allowed, areas: areas && areas.length, rules: rules.length, criteria: criteria.length };
    const names = offered();
    const keyed = (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = names[(names.indexOf(tab) + step + names.length) % names.length];
      open(next);
      document.getElementById(`results-${next}`).focus();
    };
    return el("div.tabs", { role: "tablist", "aria-label": t("site.results"), onkeydown: keyed }, names.map((name) =>
      el("button", { type: "button", role: "tab", id: `results-${name}`, "aria-controls": "results-pane", onclick: () => open(name) },
        t(`site.${name}`), numbers[name] !== undefined ? el("span.count", {}, String(numbers[name])) : null)));
  }

  function summary() {
    const { counts } = site.answer();
    return el("div.summary", { role: "status" }, ["candidates", "allowed", "unknown", "excluded"].map((name) =>
      el(`span.summary-part.is-${name}`, {}, t(`site.count_${name}`), " ", el("strong", {}, geoplan.figures.decimal(counts[name], 0)))));
  }

  // ---- what to take along
  const FILES = [["result.xlsx", "site.take_xlsx"], ["result.geojson", "site.take_geojson"], ["record.json", "site.take_record"]];

  function menu() {
    const items = FILES.map(([file, key]) => el("button.menu-option", { type: "button", onclick: async () => {
      list.open = false;
      try {
        await site.asking.take(file);
      } catch (error) {
        geoplan.failed(error);
      }
    } }, t(key)));
    const list = el("details.take", {}, el("summary.button", {}, t("site.take")), el("div.menu", {}, items));
    list.addEventListener("focusout", (event) => { if (!list.contains(event.relatedTarget)) list.open = false; });
    list.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !list.open) return;
      event.preventDefault();
      list.open = false;
      list.querySelector("summary").focus();
    });
    return list;
  }

  async function copyLink(event) {
    const button = event.currentTarget;
    try {
      const brief = site.form.read();
      const id = !site.model || site.model.isOwn ? site.id : (await site.asking.send("briefs", brief)).id;
      if (!site.kept) throw new Error(t("site.not_kept"));
      const address = site.addressOf(id);
      try {
        await navigator.clipboard.writeText(address);
        button.textContent = t("map.copied");
        setTimeout(() => { button.textContent = t("site.copy_link"); }, 2500);
      } catch {
        window.prompt(t("site.copy_link"), address);
      }
    } catch (error) {
      geoplan.failed(error);
    }
  }

  // ---- what is out of date
  function drawWarning() {
    if (!warning || !site.answer()) return;
    const isOld = site.model && !site.model.isOwn;
    warning.hidden = !isOld && site.kept;
    const parts = [];
    if (isOld) {
      parts.push(el("span", {}, t("site.weights_changed")),
        el("button.primary", { type: "button", id: "recompute", onclick: () => site.tell("recompute") }, t("site.recompute")),
        el("button", { type: "button", id: "reset-weights", onclick: () => site.weighing.reset() }, t("site.reset_weights")));
    }
    if (!site.kept) parts.push(el("span", {}, t("site.not_kept")));
    replace(warning, parts);
  }

  function title() {
    const { question } = site.answer();
    const asked = [question.title && question.sector ? say(question.sector) : "", question.segment ? say(question.segment) : "",
      question.investment_wanyuan ? geoplan.figures.money(question.investment_wanyuan) : "",
      question.like ? t("site.like_of", { name: say(question.like) }) : "",
      question.land_mu ? t("site.land_mu", { count: geoplan.figures.decimal(question.land_mu, 0) }) : ""].filter(Boolean);
    return el("div.asked", {}, el("strong", {}, data(question.title || (question.sector ? say(question.sector) : t("site.untitled")))), el("span.soft", {}, " ", data(asked.join(" · "))));
  }

  function notes() {
    const { notes: listed } = site.answer();
    if (!listed.length) return null;
    const box = el("details.notes", {}, el("summary", {}, t("site.notes", { count: listed.length })), el("ul", {}, listed.map((one) => el("li", {}, data(say(one))))));
    return box;
  }

  function draw() {
    pane = el("div.results-pane", { role: "tabpanel", id: "results-pane" });
    tools = el("div.tab-tools", {});
    warning = el("div.warning.notice", { role: "status", hidden: true });
    replace(holder(),
      el("div.results-head", {}, title(), summary(), notes(), el("button", { type: "button", onclick: copyLink }, t("site.copy_link")), site.record ? menu() : null),
      el("div.tab-line", {}, tabs(), tools), warning, pane);
    open(tab);
    drawWarning();
  }

  function drawEmpty() {
    const { examples } = site.offer;
    replace(holder(), el("div.welcome", {},
      el("h2", {}, t("site.welcome")), el("ol.steps", {}, ["step_1", "step_2", "step_3"].map((key) => el("li", {}, t(`site.${key}`)))),
      examples.length ? [el("p", {}, t("site.examples")), el("div.examples", {}, examples.map((example) =>
        el("button.chip", { type: "button", "data-example": example.id, onclick: () => site.tell("example", example) }, data(say(example)))))] : el("p.soft", {}, t("site.no_sectors"))));
  }

  site.on("record", draw);
  site.on("surface", draw);
  site.on("tab", (name) => open(name));
  site.on("weights", (options) => {
    drawWarning();
    if (tab === "criteria" && !(options && options.live)) fill();
  });
  site.results = { drawEmpty };
})((window.geoplan = window.geoplan || {}));
