// The projects as a table that drives the map and is driven by it. Only the rows in view exist.
(function (geoplan) {
  "use strict";

  const { el, t, say, data, state, view, figures, replace } = geoplan;

  const ROW_PX = 30;
  const SPARE = 8;
  let rows = null;
  let shown = [];
  let sort = { key: "wanyuan", down: true };
  let onlySelected = false;
  let words = "";
  let body = null;
  let scroller = null;
  let summary = null;

  function years({ years: span }) {
    if (!span) return "—";
    return span[0] === span[1] ? String(span[0]) : `${span[0]}–${span[1]}`;
  }

  const COLUMNS = [
    { key: "name", text: (row) => say(row) },
    { key: "enterprise", text: (row) => say(row, "enterprise") },
    { key: "sector", text: (row) => say(geoplan.sectorOf(row.sector), "short") || row.sector },
    { key: "wanyuan", number: true, value: (row) => row.wanyuan ?? -1, text: (row) => (row.wanyuan === null ? "—" : figures.decimal(geoplan.lang === "zh" ? row.wanyuan : row.wanyuan / 100, 0)) },
    { key: "years", value: (row) => (row.years || [0])[0], text: years },
    { key: "platform", text: (row) => say(row, "platform") || "—" },
    { key: "district", text: (row) => say(row, "district") || "—" },
    { key: "precision", text: (row) => geoplan.word("precision", row.precision) },
    { key: "conformity", text: (row) => (row.conformity ? t(`map.conformity_${row.conformity}`) : "—") },
  ];


  const idsOfSelection = () => geoplan.projectsOfSelection || null;

  function filtered() {
    const wanted = words.toLowerCase();
    const chosen = onlySelected ? idsOfSelection() : null;
    const list = rows.filter((row) =>
      geoplan.isProjectWanted(row) && (!chosen || chosen.has(row.id))
      && (!wanted || `${row.zh} ${row.en} ${row.enterprise_zh} ${row.enterprise_en}`.toLowerCase().includes(wanted)));
    const column = COLUMNS.find((one) => one.key === sort.key);
    const value = column.value || column.text;
    list.sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      const order = typeof x === "number" ? x - y : String(x).localeCompare(String(y), "zh");
      return sort.down ? -order : order;
    });
    return list;
  }

  function header() {
    return el("tr", {}, COLUMNS.map((column) => el(`th${column.number ? ".number" : ""}`, {
      scope: "col", "aria-sort": sort.key === column.key ? (sort.down ? "descending" : "ascending") : "none",
    }, el("button.plain", { type: "button", onclick: () => {
      sort = { key: column.key, down: sort.key === column.key ? !sort.down : Boolean(column.number) };
      draw();
    } }, t(`map.column_${column.key}`), sort.key === column.key ? (sort.down ? " ↓" : " ↑") : ""))));
  }

  function line(row) {
    const chosen = state.selected === `projects:${row.id}`;
    const of = idsOfSelection();
    return el("tr", {
      "data-id": row.id, tabindex: "0", "aria-selected": String(chosen),
      class: chosen ? "is-chosen" : of && of.has(row.id) ? "is-of-choice" : "",
      onclick: () => geoplan.select("projects", row.id, { fly: true }),
      onkeydown: (event) => {
        if (event.key === "Enter") geoplan.select("projects", row.id, { fly: true });
        if (event.key === "ArrowDown" && event.currentTarget.nextSibling) { event.preventDefault(); event.currentTarget.nextSibling.focus(); }
        if (event.key === "ArrowUp" && event.currentTarget.previousSibling) { event.preventDefault(); event.currentTarget.previousSibling.focus(); }
      },
    }, COLUMNS.map((column) => {
      const text = column.text(row);
      return el(`td${column.number ? ".number" : ""}`, { title: text },
        column.key === "sector" ? el("span.dot", { style: { background: (geoplan.sectorOf(row.sector) || {}).colour || "#999" } }) : null,
        data(text));
    }));
  }

  function drawRows() {
    if (!body) return;
    const from = Math.max(0, Math.floor(scroller.scrollTop / ROW_PX) - SPARE);
    const to = Math.min(shown.length, from + Math.ceil((scroller.clientHeight || 300) / ROW_PX) + 2 * SPARE);
    const space = (count) => (count ? el("tr", { "aria-hidden": "true" }, el("td.spacer", { colspan: COLUMNS.length, style: { height: `${count * ROW_PX}px` } })) : null);
    replace(body, space(from), shown.slice(from, to).map(line), space(shown.length - to));
    if (!shown.length) replace(body, el("tr", {}, el("td.empty", { colspan: COLUMNS.length }, t("map.table_empty"))));
  }

  function draw() {
    const holder = document.getElementById("table");
    if (holder.hidden || !rows) return;
    shown = filtered();
    replace(holder.querySelector("thead"), header());
    const sum = shown.reduce((total, row) => total + (row.wanyuan || 0), 0);
    replace(summary, t("map.table_summary", { count: shown.length, all: rows.length }), " · ", el("strong", {}, figures.exactMoney(sum)),
      state.year ? el("span.soft", {}, " ", t("map.table_whole")) : null);
    drawRows();
  }

  function build(holder) {
    body = el("tbody", {});
    summary = el("span.table-summary", { role: "status" });
    scroller = el("div.table-scroll", { tabindex: "0", "aria-label": t("map.table"), onscroll: drawRows },
      el("table.projects", {}, el("thead", {}), body));
    const only = el("input", { type: "checkbox", checked: onlySelected, onchange: (event) => { onlySelected = event.target.checked; scroller.scrollTop = 0; draw(); } });
    const find = el("input", { type: "search", placeholder: t("map.table_find"), "aria-label": t("map.table_find"), oninput: (event) => { words = event.target.value; scroller.scrollTop = 0; draw(); } });
    replace(holder,
      el("div.table-head", {}, el("h2", {}, t("map.table")), summary, find,
        el("label.check", {}, only, t("map.table_only_selected")),
        el("button.plain.close", { type: "button", onclick: () => view.set({ table: false }), "aria-label": t("map.close") }, "×")),
      scroller);
  }

  async function refresh() {
    const holder = document.getElementById("table");
    holder.hidden = !state.table;
    document.getElementById("table-toggle").setAttribute("aria-expanded", String(state.table));
    if (!state.table) return;
    if (!body) build(holder);
    if (!rows) {
      rows = [...(await geoplan.projectRows()).values()];
    }
    draw();
  }

  /** Bring the chosen project's row into view. */
  function follow() {
    if (!rows || !state.table) return;
    draw();
    const id = state.selected.startsWith("projects:") ? state.selected.slice(9) : "";
    const at = shown.findIndex((row) => row.id === id);
    if (at < 0) return;
    const top = at * ROW_PX;
    if (top < scroller.scrollTop || top > scroller.scrollTop + scroller.clientHeight - 2 * ROW_PX) {
      scroller.scrollTop = Math.max(0, top - ROW_PX);
    }
    drawRows();
  }

  geoplan.table = { refresh, follow };
})((window.geoplan = window.geoplan || {}));
