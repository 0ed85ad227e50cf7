// Search by any name in either language; the keyboard is enough.
(function (geoplan) {
  "use strict";

  const { el, t, say, data, source, replace, announce } = geoplan;

  const WAIT_MS = 120;
  let index = null;

  const fold = (text) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, "");

  // A carried file brings every name; the rule is the server's.
  async function carriedHits(words) {
    index = index || (await source.get(source.pathOf("search"))).names;
    const wanted = fold(words);
    const best = new Map();
    index
      .map((one) => ({ ...one, folded: fold(one.matched) }))
      .filter((one) => one.folded.includes(wanted))
      .map((one) => ({ one, rank: one.folded === wanted ? 0 : one.folded.startsWith(wanted) ? 1 : 2 }))
      .sort((a, b) => a.rank - b.rank || a.one.folded.length - b.one.folded.length)
      .forEach(({ one }) => {
        const key = `${one.kind}:${one.id}`;
        if (!best.has(key) && best.size < 20) best.set(key, one);
      });
    return [...best.values()];
  }

  async function hitsFor(words) {
    if (!fold(words)) return [];
    if (source.isCarried) return carriedHits(words);
    const answer = await source.get(source.pathOf("search", { q: words.trim() }));
    return answer.hits || answer;
  }

  function build() {
    const list = el("ul.hits", { id: "hits", role: "listbox", "aria-label": t("map.search_hits"), hidden: true });
    let hits = [];
    let active = -1;
    let timer = 0;
    let asked = 0;
    let answered = "";

    const input = el("input", {
      type: "search", id: "search", placeholder: t("map.search_placeholder"), autocomplete: "off", spellcheck: "false",
      role: "combobox", "aria-label": t("map.search"), "aria-controls": "hits", "aria-expanded": "false", "aria-autocomplete": "list",
      oninput: () => {
        clearTimeout(timer);
        timer = setTimeout(ask, WAIT_MS);
      },
      onkeydown: onKey,
      onfocus: () => hits.length && open(true),
    });

    function open(isOpen) {
      list.hidden = !isOpen;
      input.setAttribute("aria-expanded", String(isOpen));
      if (!isOpen) mark(-1);
    }

    function mark(at) {
      active = at;
      [...list.children].forEach((child, number) => child.setAttribute("aria-selected", String(number === at)));
      const chosen = list.children[at];
      if (chosen) {
        chosen.scrollIntoView({ block: "nearest" });
        input.setAttribute("aria-activedescendant", chosen.id);
      } else input.removeAttribute("aria-activedescendant");
    }

    function choose(hit) {
      open(false);
      input.value = say(hit);
      answered = input.value;
      geoplan.select(hit.kind, hit.id, { fly: true, bbox: hit.bbox });
    }

    // Whoever types fast presses Enter before the hits are there.
    async function enter() {
      if (answered !== input.value) await ask();
      if (hits.length) choose(hits[Math.max(0, active)]);
    }

    async function ask() {
      clearTimeout(timer);
      asked += 1;
      const mine = asked;
      const words = input.value;
      const found = await hitsFor(words).catch(() => []);
      if (mine !== asked) return;
      hits = found;
      answered = words;
      const none = fold(input.value) && !hits.length;
      replace(list, none ? el("li.hits-none", {}, t("map.search_none")) : hits.map(row));
      open(Boolean(fold(input.value)));
      announce(none ? t("map.search_none") : t("map.search_count", { count: hits.length }));
    }

    function row(hit, at) {
      const name = say(hit);
      const other = hit.matched && hit.matched !== name ? data(hit.matched, "small") : null;
      return el("li.hit", { id: `hit-${at}`, role: "option", "aria-selected": "false",
        onmousedown: (event) => { event.preventDefault(); choose(hit); } },
        el("span.hit-kind", {}, geoplan.kindName(hit.kind)), el("span.hit-name", {}, data(name), other && " ", other),
        hit.bbox ? null : el("small.soft", {}, t("map.no_place")));
    }

    function onKey(event) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (!hits.length) return;
        open(true);
        mark((active + (event.key === "ArrowDown" ? 1 : -1) + hits.length) % hits.length);
      } else if (event.key === "Enter") {
        event.preventDefault();
        enter();
      } else if (event.key === "Escape") {
        event.stopPropagation();
        if (list.hidden) input.value = "";
        open(false);
      }
    }

    input.addEventListener("blur", () => setTimeout(() => open(false), 120));
    return el("div.search", {}, input, list);
  }

  geoplan.search = { build };
})((window.geoplan = window.geoplan || {}));
