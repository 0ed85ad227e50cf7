// Starts the page of site selection: one brief, one decision, everything drawn from them.
(function (geoplan) {
  "use strict";

  const { t, data, el, site, source, replace, announce } = geoplan;

  geoplan.failed = (error) => {
    if (error.name === "AbortError") return;
    const notice = document.getElementById("failure");
    replace(notice, data(error.message), " ", el("button.plain", { type: "button", onclick: () => { notice.hidden = true; } }, t("map.close")));
    notice.hidden = false;
  };

  // ---- deciding
  async function decide(isOpening) {
    const brief = site.form.read();
    const button = document.getElementById("decide");
    const progress = document.getElementById("progress");
    document.getElementById("failure").hidden = true;
    site.form.clearFaults();
    button.setAttribute("aria-busy", "true");
    progress.textContent = t("site.deciding");
    const kept = isOpening ? site.asked().selected : site.selected;
    try {
      if (!(await site.asking.decide(brief))) return;
      site.selected = "";
      geoplan.state.selected = "";
      site.tell(site.record ? "record" : "surface");
      site.writeAddress(!isOpening);
      if (kept && site.siteOf(kept)) site.select(kept);
      else site.select("");
      progress.textContent = "";
      announce(t("site.decided", { count: site.answer().counts.allowed }));
    } catch (error) {
      progress.textContent = "";
      if (error.problems && error.problems.length) {
        tabbed("form");
        site.form.showFaults(error.problems);
        progress.textContent = t("site.faults", { count: error.problems.length });
      } else geoplan.failed(error);
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  async function open(id) {
    try {
      site.form.fill(await site.asking.load(id));
      await decide(true);
    } catch (error) {
      geoplan.failed(error);
    }
  }

  function clear() {
    Object.assign(site, { id: "", kept: true, record: null, model: null, geometry: null, surface: null, cell: null });
    site.select("");
    site.form.fill({});
    site.tell("cleared");
    site.results.drawEmpty();
    site.writeAddress(true);
  }

  // ---- the panel on the left
  const TABS = ["form", "weights", "text"];

  function tabbed(name) {
    for (const one of TABS) {
      const tab = document.getElementById(`tab-${one}`);
      tab.setAttribute("aria-selected", String(one === name));
      tab.tabIndex = one === name ? 0 : -1;
      document.getElementById(`pane-${one}`).hidden = one !== name;
    }
    if (name === "text") site.text.refresh();
  }

  function tabs() {
    for (const [at, name] of TABS.entries()) {
      const tab = document.getElementById(`tab-${name}`);
      tab.addEventListener("click", () => tabbed(name));
      tab.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        const next = TABS[(at + step + TABS.length) % TABS.length];
        tabbed(next);
        document.getElementById(`tab-${next}`).focus();
      });
    }
  }

  function foldable() {
    const button = document.getElementById("panel-toggle");
    const toggle = () => {
      const isFolded = document.body.classList.toggle("panel-folded");
      button.setAttribute("aria-expanded", String(!isFolded));
      button.title = t(isFolded ? "site.panel_show" : "site.panel_hide");
      site.map.resized();
    };
    button.addEventListener("click", toggle);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented && (site.selected || site.cell) && !document.querySelector("dialog[open]")) site.details.close();
    });
  }

  /** The line between map and results can be moved, by pointer and by key. */
  function splitter() {
    const bar = document.getElementById("splitter");
    const centre = bar.parentElement;
    const set = (share) => {
      const kept = Math.min(85, Math.max(15, share));
      centre.style.setProperty("--results", `${kept}%`);
      bar.setAttribute("aria-valuenow", String(Math.round(kept)));
      site.map.resized();
      site.table.drawRows();
    };
    bar.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      bar.setPointerCapture(event.pointerId);
      const move = (at) => {
        const box = centre.getBoundingClientRect();
        set(((box.bottom - at.clientY) / box.height) * 100);
      };
      bar.addEventListener("pointermove", move);
      bar.addEventListener("pointerup", () => bar.removeEventListener("pointermove", move), { once: true });
    });
    bar.addEventListener("keydown", (event) => {
      const step = { ArrowUp: 5, ArrowDown: -5 }[event.key];
      if (!step) return;
      event.preventDefault();
      set(Number(bar.getAttribute("aria-valuenow")) + step);
    });
  }

  function listen() {
    site.on("decide", () => decide(false));
    site.on("recompute", () => decide(false));
    site.on("example", (example) => {
      site.form.fill(example.brief);
      decide(false);
    });
    site.on("like", (id) => {
      const like = document.getElementById("f-like.site");
      // An own parcel is none of the plan's platforms.
      if (![...like.options].some((one) => one.value === id)) like.append(el("option", { value: id }, geoplan.say(site.siteOf(id)) || id));
      like.value = id;
      tabbed("form");
      decide(false);
    });
    site.on("waiting", () => { document.getElementById("progress").textContent = t("site.waiting"); });
    site.on("touched", () => {
      if (site.answer()) document.getElementById("progress").textContent = t("site.touched");
    });
    site.on("resized", () => site.map.resized());
    document.getElementById("clear").addEventListener("click", clear);
    window.addEventListener("popstate", () => {
      const asked = site.asked();
      if (asked.id && asked.id !== site.id) open(asked.id);
      else if (!asked.id) location.reload();
    });
  }

  async function start(leafletMap) {
    try {
      geoplan.learn(await source.get(source.pathOf("state")));
      tabs();
      site.form.start();
      site.weights.draw();
      site.text.draw();
      listen();
      foldable();
      splitter();
      site.results.drawEmpty();
      await site.map.attach(leafletMap);
      const asked = site.asked();
      site.id = asked.id;
      if (asked.id) await open(asked.id);
      site.writeAddress();
      document.body.dataset.ready = "yes";
    } catch (error) {
      geoplan.failed(error);
      throw error;
    }
  }

  geoplan.start = start;
})((window.geoplan = window.geoplan || {}));
