// A statement with its sentence: the basis always visible, the rest one click away.
(function (geoplan) {
  "use strict";

  const { el, t, data, say } = geoplan;

  const badge = (basis) =>
    basis ? el("span.badge", { "data-basis": basis, title: t(`map.basis_${basis}_title`) }, t(`map.basis_${basis}`)) : null;

  /** Source, heading path, quote, and the editor's note. */
  function sentence(cite) {
    const lines = [];
    if (cite.quote) lines.push(el("blockquote", {}, "“", data(cite.quote), "”"));
    const source = geoplan.sourceTitle(cite);
    const where = [source, cite.locus].filter(Boolean);
    lines.push(el("p.cite-where", {}, where.map((part, at) => [at ? " · " : "", data(part)])));
    if (cite.note) lines.push(el("p.cite-note", {}, `${t("map.note")}: `, data(cite.note)));
    if (cite.file) lines.push(el("p.cite-row", {}, t("map.file_row", { file: cite.file, row: cite.row })));
    return lines;
  }

  /** Anything said, with its badge, and a button that opens its sentence below. */
  function cited(content, cite, basis, kind) {
    const known = basis || (cite && cite.basis);
    if (!cite) return el(kind || "div.said", {}, el("div.said-row", {}, content, badge(known)));
    const body = el("div.sentence", { hidden: true }, sentence(cite));
    const button = el("button.plain.cite", {
      type: "button", "aria-expanded": "false", title: t("map.show_sentence"), "aria-label": t("map.show_sentence"),
      onclick: () => {
        body.hidden = !body.hidden;
        button.setAttribute("aria-expanded", String(!body.hidden));
      },
    }, t("map.sentence"));
    return el(kind || "div.said", {}, el("div.said-row", {}, content, badge(known), button), body);
  }

  geoplan.citing = { badge, cited, sentence, say };
})((window.geoplan = window.geoplan || {}));
