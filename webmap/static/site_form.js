// The form and the brief: each control says by data-field which part of the brief it is.
(function (geoplan) {
  "use strict";

  const { el, t, say, data, site, replace } = geoplan;

  const form = document.getElementById("brief");
  /** What the form does not show stays as the brief had it. */
  let base = {};
  let parcels = null;

  const get = (brief, path) => path.split(".").reduce((part, key) => (part === undefined || part === null ? undefined : part[key]), brief);

  function put(brief, path, value) {
    const keys = path.split(".");
    const last = keys.pop();
    let part = brief;
    for (const key of keys) {
      if (value === undefined && part[key] === undefined) return;
      part[key] = part[key] || {};
      part = part[key];
    }
    if (value === undefined) delete part[last];
    else part[last] = value;
  }

  const copied = (brief) => JSON.parse(JSON.stringify(brief));
  const number = (text) => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text);
  const entered = (element) => element.value.trim();

  // ---- one kind of control each: how it is read, how it is filled
  const KINDS = {
    text: { read: (one) => entered(one) || undefined, fill: (one, value) => { one.value = value ?? ""; } },
    number: {
      read: (one) => (entered(one) ? number(entered(one).replaceAll(",", "")) : undefined),
      fill: (one, value) => {
        if (one.tagName === "SELECT" && value !== undefined && ![...one.options].some((option) => option.value === String(value))) one.append(el("option", { value: String(value) }, String(value)));
        one.value = value ?? (one.tagName === "SELECT" ? one.options[0].value : "");
      },
    },
    percent: {
      read: (one) => { const text = entered(one).replace(/%$/, ""); return text ? (/^\d+(\.\d+)?$/.test(text) ? Number(text) / 100 : text) : undefined; },
      fill: (one, value) => { one.value = typeof value === "number" ? String(Number((value * 100).toFixed(4))) : value ?? ""; },
    },
    list: {
      read: (one) => { const parts = entered(one).split(/[,，、;；]/).map((part) => part.trim()).filter(Boolean); return parts.length ? parts : undefined; },
      fill: (one, value) => { one.value = (value || []).join(geoplan.lang === "zh" ? "、" : ", "); },
    },
    flag: { read: (one) => (one.checked ? true : undefined), fill: (one, value) => { one.checked = Boolean(value); } },
    choice: {
      read: (one) => one.querySelector("[aria-checked=true]").value,
      fill: (one, value) => choose(one, value || one.querySelector("button").value),
    },
    several: {
      read: (one) => { const found = [...one.querySelectorAll("input:checked")].map((box) => box.value); return found.length ? found : undefined; },
      fill: (one, value) => { for (const box of one.querySelectorAll("input")) box.checked = (value || []).includes(box.value); toldSeveral(one); },
    },
    reaches: {
      read: (one) => { const found = [...one.children].map(readReach).filter(Boolean); return found.length ? found : undefined; },
      fill: (one, value) => replace(one, (value || []).map((reach) => reachRow(one, reach))),
    },
  };

  const kindOf = (element) => KINDS[element.dataset.kind || "text"];
  const fields = () => [...form.querySelectorAll("[data-field]")];

  function choose(group, value) {
    for (const button of group.querySelectorAll("[role=radio]")) {
      const isChosen = button.value === value;
      button.setAttribute("aria-checked", String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
    }
    for (const part of form.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== value;
  }

  function toldSeveral(one) {
    const chosen = [...one.querySelectorAll("input:checked")].map((box) => box.parentElement.textContent.trim());
    const place = one.querySelector(".several-chosen");
    replace(place, chosen.length ? data(chosen.join(geoplan.lang === "zh" ? "、" : ", ")) : t("site.not_limited"));
    one.classList.toggle("is-chosen", chosen.length > 0);
    one.title = chosen.join(", ");
  }

  // ---- distance limits
  const LIMIT = { "must.within_m": "most_m", "must_not.nearer_than_m": "least_m" };

  function reachRow(group, reach) {
    const path = group.dataset.field;
    const targets = [...site.offer.targets];
    if (reach.to && !targets.some((one) => one.id === reach.to)) targets.push({ id: reach.to, zh: reach.to, en: reach.to });
    const metres = reach[LIMIT[path]];
    const km = typeof metres === "number" ? String(Number((metres / 1000).toFixed(6))) : metres ?? "";
    const row = el("div.reach", {},
      el("select", { "aria-label": t("site.reach_to") }, targets.map((one) => el("option", { value: one.id, selected: one.id === reach.to }, say(one)))),
      el("span", {}, path === "must.within_m" ? "≤" : "≥"),
      el("input", { type: "text", inputmode: "decimal", value: km, maxlength: "12", "aria-label": t("site.kilometres_label") }), el("span.unit", {}, "km"),
      el("button.plain", { type: "button", "aria-label": t("site.remove"), title: t("site.remove"), onclick: () => { row.remove(); changed(); } }, "×"));
    row.dataset.limit = LIMIT[path];
    return row;
  }

  function readReach(row) {
    const text = entered(row.querySelector("input"));
    const km = number(text);
    return { to: row.querySelector("select").value, [row.dataset.limit]: typeof km === "number" ? Math.round(km * 1e6) / 1000 : text };
  }

  // ---- amounts with a unit: the brief may hold the text or the bare number
  const AMOUNTS = { "project.investment": ["wanyuan"], "project.land": ["mu", "km2"] };
  const WRITTEN = { yiyuan: "亿元", wanyuan: "万元", mu: "亩", km2: "平方公里" };
  const WRITTEN_AMOUNT = new RegExp(`^([\\d.,]+)\\s*(${Object.values(WRITTEN).join("|")})$`);
  const MU_PER_KM2 = 1500;

  function readAmount(brief, element) {
    const path = element.dataset.field;
    const unit = form.querySelector(`[data-unit-of="${path}"]`).value;
    const text = entered(element).replaceAll(",", "");
    for (const bare of AMOUNTS[path]) put(brief, `${path}_${bare}`, undefined);
    // A text with its own unit (“10 亿”) is left to the server.
    put(brief, path, text ? (/^-?[\d.]+$/.test(text) ? text + WRITTEN[unit] : text) : undefined);
  }

  function fillAmount(brief, element) {
    const path = element.dataset.field;
    const select = form.querySelector(`[data-unit-of="${path}"]`);
    const stated = get(brief, path);
    const found = stated !== undefined && WRITTEN_AMOUNT.exec(String(stated));
    let value = found ? Number(found[1].replaceAll(",", "")) : null;
    let unit = found ? Object.keys(WRITTEN).find((key) => WRITTEN[key] === found[2]) : select.options[0].value;
    for (const bare of AMOUNTS[path]) {
      if (stated === undefined && get(brief, `${path}_${bare}`) !== undefined) [value, unit] = [Number(get(brief, `${path}_${bare}`)), bare];
    }
    if (value !== null && unit === "wanyuan" && value >= 10000) [value, unit] = [value / 10000, "yiyuan"];
    // Land asked is spoken of in 亩 as long as that is a round number.
    const mu = value * MU_PER_KM2;
    if (unit === "km2" && Math.abs(mu - Math.round(mu)) < 1e-6 && mu < 100000) [value, unit] = [Math.round(mu), "mu"];
    element.value = value === null ? stated ?? "" : String(Number(value.toPrecision(12)));
    select.value = unit;
  }

  // ---- whole briefs
  function read() {
    const brief = copied(base);
    for (const element of fields()) {
      if (element.dataset.kind === "amount") readAmount(brief, element);
      else put(brief, element.dataset.field, kindOf(element).read(element));
    }
    put(brief, "rules", site.exclusion.written(brief.rules));
    const given = brief.candidates;
    const others = { platforms: ["within", "cell_m", "features"], grid: ["platform_kinds", "features"], file: ["platform_kinds", "within", "cell_m"] };
    for (const name of others[given.kind] || []) delete given[name];
    if (given.kind === "file") {
      if (parcels) given.features = parcels;
      else delete given.features;
    }
    for (const [name, part] of Object.entries(brief)) {
      if (part && typeof part === "object" && !Array.isArray(part) && !Object.keys(part).length) delete brief[name];
    }
    return brief;
  }

  function fill(brief) {
    base = copied(brief);
    parcels = get(brief, "candidates.features") || null;
    for (const element of fields()) {
      if (element.dataset.kind === "amount") fillAmount(brief, element);
      else kindOf(element).fill(element, get(brief, element.dataset.field));
    }
    const grown = form.querySelector('[data-field="preferences.gathering"]');
    if (!grown.value) grown.value = "cluster";
    const mode = form.querySelector('[data-field="robustness.mode"]');
    if (!mode.value) mode.value = "around";
    site.exclusion.fill(base.rules);
    sift();
    clearFaults();
    toldParcels();
    counts();
    beyond();
    site.tell("brief", brief);
  }

  /** The segments of the chosen sector alone. */
  function sift() {
    const sector = document.getElementById("f-project.sector").value;
    const segment = document.getElementById("f-project.segment");
    for (const option of segment.options) option.hidden = option.disabled = Boolean(option.value && option.dataset.of !== sector);
    if (segment.selectedOptions[0] && segment.selectedOptions[0].disabled) segment.value = "";
  }

  function counts() {
    const brief = read();
    for (const place of form.querySelectorAll("[data-count-of]")) {
      const number_ = Object.keys(brief[place.dataset.countOf] || {}).length;
      place.textContent = number_ ? String(number_) : "";
    }
  }

  function toldParcels() {
    const count = parcels && Array.isArray(parcels.features) ? parcels.features.length : 0;
    document.getElementById("parcels-said").textContent = count ? t("site.parcels_read", { count }) : t("site.no_parcels");
  }

  /** Parts of a brief that have no control are named, so that nobody thinks them gone. */
  function beyond() {
    const own = Object.values(base.criteria || {}).filter((one) => one && one.measure).length;
    const rules = (base.rules || []).filter((rule) => rule.id !== site.exclusion.ID).length;
    const said = [rules ? t("site.beyond_rules", { count: rules }) : "", own ? t("site.beyond_criteria", { count: own }) : ""].filter(Boolean);
    const place = document.getElementById("beyond");
    place.hidden = !said.length;
    place.textContent = said.length ? t("site.beyond", { what: said.join(geoplan.lang === "zh" ? "、" : ", ") }) : "";
  }

  // ---- faults, at their fields
  function clearFaults() {
    for (const note of form.querySelectorAll(".fault")) note.remove();
    for (const one of form.querySelectorAll("[aria-invalid]")) {
      one.removeAttribute("aria-invalid");
      one.removeAttribute("aria-describedby");
    }
    document.getElementById("faults").hidden = true;
  }

  function entryOf(path) {
    const plain = path.replace(/^brief\./, "").replace(/_(wanyuan|mu|km2)$/, "");
    let found = null;
    for (const entry of form.querySelectorAll("[data-entry]")) {
      const own = entry.dataset.entry;
      const fits = plain === own || plain.startsWith(`${own}.`) || plain.startsWith(`${own}[`);
      if (fits && (!found || own.length > found.dataset.entry.length)) found = entry;
    }
    return found;
  }

  function showFaults(problems) {
    clearFaults();
    const homeless = [];
    let first = null;
    problems.forEach((problem, at) => {
      const entry = entryOf(problem.field || "");
      if (!entry) {
        homeless.push(problem);
        return;
      }
      const note = el("p.fault", { id: `fault-${at}` }, data(say(problem)));
      entry.append(note);
      for (let part = entry.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
      for (const hidden of [entry.closest("[data-for]")].filter(Boolean)) hidden.hidden = false;
      const control = entry.querySelector("input:not([type=file]), select, summary, button");
      if (control) {
        control.setAttribute("aria-invalid", "true");
        control.setAttribute("aria-describedby", note.id);
        first = first || control;
      }
    });
    const list = document.getElementById("faults");
    list.hidden = !homeless.length;
    replace(list, homeless.map((problem) => el("li", {}, problem.field ? el("code", {}, `${problem.field} `) : null, data(say(problem)))));
    if (homeless.length) list.scrollIntoView({ block: "nearest" });
    if (first) {
      first.focus();
      first.scrollIntoView({ block: "center" });
    }
  }

  // ---- uploads
  const LARGEST = 5 * 2 ** 20;

  async function upload(file) {
    const said = document.getElementById("parcels-said");
    clearFaults();
    if (file.size > LARGEST) {
      showFaults([{ field: "candidates.features", zh: t("site.file_large"), en: t("site.file_large") }]);
      return;
    }
    said.textContent = t("site.reading_file", { name: file.name });
    try {
      const answer = await site.asking.send("parcels", { name: file.name, content: await site.asking.base64(file) });
      parcels = answer.features;
      toldParcels();
    } catch (error) {
      toldParcels();
      if (error.problems && error.problems.length) showFaults(error.problems);
      else showFaults([{ field: "candidates.features", zh: error.message, en: error.message }]);
    }
  }

  function changed() {
    counts();
    site.tell("touched");
  }

  function start() {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      site.tell("decide");
    });
    form.addEventListener("input", (event) => {
      const several = event.target.closest(".several");
      if (several) toldSeveral(several);
      if (event.target.id === "f-project.sector") sift();
      const entry = event.target.closest("[data-entry]");
      if (entry) entry.querySelectorAll(".fault").forEach((note) => note.remove());
      changed();
    });
    for (const group of form.querySelectorAll("[data-kind=choice]")) {
      const buttons = [...group.querySelectorAll("[role=radio]")];
      group.addEventListener("click", (event) => { if (event.target.closest("[role=radio]")) choose(group, event.target.closest("[role=radio]").value); });
      group.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
        choose(group, next.value);
        next.focus();
      });
      choose(group, buttons[0].value);
    }
    for (const add of form.querySelectorAll("[data-add]")) {
      add.addEventListener("click", () => {
        const group = form.querySelector(`[data-field="${add.dataset.add}"]`);
        group.append(reachRow(group, {}));
        group.lastElementChild.querySelector("select").focus();
        changed();
      });
    }
    const file = document.getElementById("f-candidates.features");
    document.getElementById("parcels-choose").addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      if (file.files[0]) upload(file.files[0]);
      file.value = "";
    });
    // Only one list of several is open at a time: they lie above what follows.
    for (const one of form.querySelectorAll(".several")) {
      one.addEventListener("toggle", () => {
        if (!one.open) return;
        for (const other of form.querySelectorAll(".several[open]")) if (other !== one) other.open = false;
      });
    }
    site.exclusion.start();
    sift();
  }

  /** Change the part of the brief that has no control in the form. */
  const amend = (change) => { change(base); };

  site.form = { start, read, fill, amend, showFaults, clearFaults, base: () => base };
})((window.geoplan = window.geoplan || {}));
