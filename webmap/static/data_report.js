// What a file would change: how it was read, questions, changes, refusals. Returns elements.
(function (geoplan) {
  "use strict";

  const { el, t, say, data, read } = geoplan;
  const given = read("import") || {};
  const HOW = /^(file|sheet|header|encoding|crs|datum|layer|dxf|columns|formula|rows\.hidden)/;
  const ENCODINGS = ["UTF-8", "GB18030", "Big5", "UTF-16"];
  const SHOWN_COLUMNS = 9;

  const number = (value) => Number(value).toLocaleString("en-US");
  const tableName = (name) => (given.tables[name] ? say(given.tables[name]) : name.replace(/^layer:/, `${t("data.layer")} `));
  const fieldOf = (table, name) => (given.fields[table] || []).find((one) => one.name === name);
  const fieldName = (table, name) => {
    const field = fieldOf(table, name);
    return field ? say(field) : name;
  };

  const place = (one) => [one.sheet, one.row ? t("data.row_number", { row: one.row }) : "", one.column].filter(Boolean).join(" · ");

  function remarkItem(one) {
    return el("li", { "data-code": one.code }, place(one) ? [el("span.place", {}, data(place(one))), " "] : null,
      data(say(one.reason)), say(one.remedy) ? [" ", el("span.remedy", {}, data(say(one.remedy)))] : null);
  }

  const remarks = (list) => el("ul.remarks", {}, list.map(remarkItem));

  function section(id, title, count, ...children) {
    return el("section", { id, "aria-labelledby": `${id}-title` },
      el("h3", { id: `${id}-title` }, title, count === null ? null : [" ", el("span.count", {}, number(count))]), children);
  }

  function counts(found) {
    const kinds = ["taken", "changed", "unchanged", "removed", "refused", "waiting"].filter((kind) => found[kind] || kind === "taken" || kind === "changed");
    return el("ul.tally", {}, kinds.map((kind) => el("li", { "data-kind": kind, class: found[kind] ? "" : "is-none" }, el("strong", {}, number(found[kind])), " ", t(`data.${kind}`))));
  }

  // ---- how it was read, and what may be corrected
  function reading(state) {
    const { report } = state.result;
    const how = report.warnings.filter((one) => HOW.test(one.code));
    const answers = (state.given && state.given.answers) || {};
    const isText = /csv|txt|tsv|shp|shape|dbf|tab/i.test(`${report.form} ${report.file}`) || how.some((one) => one.code.startsWith("encoding"));
    const isSheet = /xls|csv|txt|tsv|ods|et/i.test(`${report.form} ${report.file}`);
    const field = (name, label, control) => el("label", {}, el("span", {}, label), Object.assign(control, { name: `answer:${name}` }));
    return section("how", t("data.how"), null,
      el("p.soft", {}, [report.form, `${number(Math.ceil(state.size / 1024))} kB`, t("data.as_table", { table: tableName(report.target) }), t("data.rows_count", { count: number(report.counts.rows) })].filter(Boolean).join(" · ")),
      found(state.result.read || {}),
      how.length ? remarks(how) : null,
      el("div.corrections", {},
        isText ? field("encoding", t("data.encoding"), el("select", {}, el("option", { value: "" }, t("data.encoding_auto")), ENCODINGS.map((one) => el("option", { value: one, selected: answers.encoding === one }, one)))) : null,
        isSheet ? [field("sheet", t("data.sheet"), sheetChoice(state.result.read || {}, answers.sheet || "")),
          field("header", t("data.header"), el("input", { type: "text", inputmode: "numeric", value: answers.header || "", placeholder: t("data.auto"), size: 5 }))] : null,
        !isSheet ? field("crs", t("data.crs"), el("input", { type: "text", value: answers.crs || "", placeholder: t("data.auto"), size: 14 })) : null));
  }

  function sheetChoice(read, chosen) {
    const known = read.known || [];
    if (!known.length) return el("input", { type: "text", value: chosen, placeholder: t("data.auto"), size: 14 });
    return el("select", {}, el("option", { value: "" }, t("data.auto")), known.map((one) => el("option", { value: one, selected: one === chosen }, one)));
  }

  function found(read) {
    const parts = (read.sheets || []).map(([sheet, first, last]) => [t("data.read_sheet"), " ", data(sheet), " · ", t("data.read_header", { rows: first === last ? first : `${first}–${last}` })]);
    if (read.encoding) parts.push([t("data.encoding"), ` ${read.encoding} `, read.sample ? data(`“${read.sample}”`) : null]);
    return parts.length ? el("ul.remarks", {}, parts.map((one) => el("li", {}, one))) : null;
  }

  function mapping(state, again) {
    const { report } = state.result;
    const fields = given.fields[report.target] || [];
    if (!report.mapping.length) return null;
    return section("mapping", t("data.mapping"), report.mapping.length, el("div.wide", {}, el("table.mapping", {},
      el("thead", {}, el("tr", {}, [t("data.file_column"), t("data.meaning"), t("data.unit"), t("data.found_by")].map((one) => el("th", { scope: "col" }, one)))),
      el("tbody", {}, report.mapping.map((one) => {
        const unit = one.unit || (fieldOf(report.target, one.field) || {}).unit || "";
        const choice = fields.length ? el("select", { "aria-label": `${one.title} → ${t("data.meaning")}`, "data-column": one.title, "data-found": one.field },
          el("option", { value: "" }, t("data.left_out")), fields.map((field) => el("option", { value: field.name, selected: field.name === one.field }, say(field) + (say(field) === field.name ? "" : ` (${field.name})`)))) : data(one.field);
        return el("tr", { class: one.field ? "" : "is-unread" }, el("td", {}, data(one.title)), el("td", {}, choice), el("td", {}, data(unit)), el("td.soft", {}, one.how ? t(`data.how_${one.how}`) : t("data.how_none")));
      })))), fields.length ? el("p.buttons", {}, again) : null);
  }

  // ---- questions
  function question(one, chosen) {
    const name = `answer:${one.id}`;
    const options = one.options.map((option) => el("label.option", {},
      el("input", { type: "radio", name, value: option.value, checked: (chosen ?? one.proposed) === option.value }), el("span", {}, data(say(option)), option.value === one.proposed ? [" ", el("small.badge", {}, t("data.proposed"))] : null)));
    const isListed = one.options.some((option) => option.value === chosen);
    const own = one.open_ended ? el("label.option", {}, el("span", {}, one.options.length ? t("data.other_answer") : t("data.answer")), " ", el("input", { type: "text", name: one.options.length ? `own:${one.id}` : name, value: isListed ? "" : chosen ?? (one.options.length ? "" : one.proposed) })) : null;
    return el(one.blocking && chosen === undefined ? "fieldset.question.is-open" : "fieldset.question", { "data-id": one.id },
      el("legend", {}, data(say(one.asked))),
      one.rows.length ? el("p.soft.small", {}, t("data.question_rows", { rows: one.rows.join(", ") + (one.count > one.rows.length ? " …" : ""), count: number(one.count) })) : null,
      el("div.options", {}, options.length > 8 ? [options.slice(0, 8), el("details", {}, el("summary", {}, t("data.more_options", { count: options.length - 8 })), options.slice(8))] : options, own));
  }

  function questions(asked, answers, total, again) {
    if (!asked.length) return null;
    const open = asked.filter((one) => one.blocking && answers[one.id] === undefined).length;
    return section("questions", t("data.questions"), asked.length,
      el("p.soft", {}, open ? t("data.questions_open", { count: open }) : t("data.questions_answered")),
      total > asked.length ? el("p.notice", {}, t("data.questions_more", { count: total - asked.length })) : null,
      asked.map((one) => question(one, answers[one.id])), el("p.buttons", {}, again));
  }

  // ---- changes
  function changedTable(name, list, total) {
    return el("div.wide", {}, el("table.changes", {}, el("caption", {}, t("data.changed_in", { table: tableName(name) })),
      el("thead", {}, el("tr", {}, [t("data.file_row"), t("data.thing"), t("data.field"), t("data.old"), t("data.new")].map((one) => el("th", { scope: "col" }, one)))),
      el("tbody", {}, list.map((one) => el("tr", {}, el("td.number", {}, one.source_row ? String(one.source_row) : "—"), el("td", {}, data(one.id)),
        el("td", {}, data(fieldName(name, one.field))), el("td", {}, el("del", {}, data(one.old || "—"))), el("td", {}, el("ins", {}, data(one.new || "—"))))))),
      more(list.length, total));
  }

  const more = (shown, total) => (total > shown ? el("p.soft.small", {}, t("data.shown_of", { shown: number(shown), count: number(total) })) : null);

  const CITED = ["source_id", "locus", "quote", "basis", "note"];

  function addedTable(name, list, total) {
    const used = new Set(list.flatMap((one) => Object.keys(one)));
    used.delete("row");
    const order = (given.fields[name] || []).map((one) => one.name).filter((one) => used.has(one));
    const names = [...order.filter((one) => !CITED.includes(one)), ...order.filter((one) => CITED.includes(one))].slice(0, SHOWN_COLUMNS);
    return el("div.wide", {}, el("table.added", {}, el("caption", {}, t("data.added_to", { table: tableName(name), count: number(total) })),
      el("thead", {}, el("tr", {}, el("th.number", { scope: "col" }, t("data.file_row")), names.map((one) => el("th", { scope: "col" }, data(fieldName(name, one)))))),
      el("tbody", {}, list.slice(0, 50).map((one) => el("tr", {}, el("td.number", {}, one.row ? String(one.row) : "—"), names.map((field) => el("td", {}, data(one[field] || ""))))))),
      more(Math.min(list.length, 50), total));
  }

  function changes(report) {
    const parts = [];
    for (const [name, table] of Object.entries(report.tables)) {
      if (table.changed.length) parts.push(changedTable(name, table.changed, table.changed_count));
      if (table.added.length) parts.push(addedTable(name, table.added, table.added_count));
      if (table.removed.length) parts.push(el("p", {}, t("data.removed_rows", { table: tableName(name), rows: table.removed.join(", ") })));
    }
    for (const [name, layer] of Object.entries(report.layers)) {
      const line = (kind, list, total) => (list.length ? el("p", {}, t(`data.layer_${kind}`, { layer: name, count: number(total ?? list.length) }), " ", data(list.slice(0, 12).join(", "))) : null);
      parts.push(line("added", layer.added, layer.added_count), line("moved", layer.moved), line("removed", layer.removed));
      if (layer.changed.length) parts.push(changedTable(`layer:${name}`, layer.changed, layer.changed.length));
    }
    const shown = parts.filter(Boolean);
    return section("changes", t("data.changes"), null, shown.length ? shown : el("p.empty", {}, t("data.no_changes")));
  }

  function refusals(report) {
    if (!report.refused.length) return null;
    return section("refused", t("data.refused_title"), report.counts.refused, report.refused_count > report.counts.refused ? el("p.soft", {}, t("data.refused_reasons", { count: number(report.refused_count) })) : null, el("div.wide", {}, el("table.refusals", {},
      el("thead", {}, el("tr", {}, [t("data.file_row"), t("data.file_column"), t("data.reason"), t("data.remedy")].map((one) => el("th", { scope: "col" }, one)))),
      el("tbody", {}, report.refused.map((one) => el("tr", {}, el("td", {}, data([one.sheet, one.row || ""].filter(Boolean).join(" · "))), el("td", {}, data(one.column)), el("td", {}, data(say(one.reason))), el("td", {}, data(say(one.remedy)))))))),
    more(report.refused.length, report.refused_count));
  }

  function others(report) {
    const doubts = report.warnings.filter((one) => !HOW.test(one.code));
    return [doubts.length ? section("doubts", t("data.doubts"), doubts.length, remarks(doubts)) : null,
      report.skipped.length ? section("skipped", t("data.skipped_title"), report.skipped.length, remarks(report.skipped)) : null];
  }

  const whole = (list) => el("div.notice", { role: "alert" }, el("strong", {}, t("data.refused_whole")), remarks(list));

  geoplan.report = { counts, reading, mapping, questions, changes, refusals, others, whole, tableName, number };
})((window.geoplan = window.geoplan || {}));
