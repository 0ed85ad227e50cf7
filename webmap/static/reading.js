// The pages to read: instant search of the ledger, opening all sentences. Both work without it.
"use strict";

(function () {
  const fold = (text) => text.normalize("NFKC").toLowerCase();

  function expandAll() {
    const button = document.getElementById("expand");
    if (!button) return;
    const all = () => [...document.querySelectorAll(".chapter details")];
    button.hidden = all().length === 0;
    button.addEventListener("click", () => {
      const open = all().some((one) => !one.open);
      for (const one of all()) one.open = open;
      button.textContent = open ? button.dataset.close : button.dataset.open;
    });
  }

  function search() {
    const form = document.getElementById("search");
    if (!form) return;
    for (const select of form.querySelectorAll("select")) {
      select.addEventListener("change", () => (form.dataset.whole === undefined ? form.submit() : sift()));
    }
    if (form.dataset.whole === undefined) return;

    const rows = entries("#rows > tr");
    const disputes = entries(".dispute");
    const filters = ["plan", "kind", "basis", "status"];
    let waiting = 0;

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      sift();
    });
    form.elements.q.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(sift, 80);
    });
    document.getElementById("clear").addEventListener("click", (event) => {
      event.preventDefault();
      form.elements.q.value = "";
      for (const name of filters) form.elements[name].value = "";
      sift();
      form.elements.q.focus();
    });

    function entries(selector) {
      return [...document.querySelectorAll(selector)].map((element) => ({
        element,
        // Read once, at the first search: thousands of rows are not read for a mere visit.
        get text() {
          const text = fold(`${element.textContent} ${element.dataset.text || ""}`.replaceAll(",", ""));
          Object.defineProperty(this, "text", { value: text });
          return text;
        },
        facets: (element.dataset.f || "").split("|"),
      }));
    }

    function sift() {
      const words = fold(form.elements.q.value).split(/\s+/).filter(Boolean).map((word) => word.replaceAll(",", ""));
      const wanted = filters.map((name) => form.elements[name].value);
      const holds = (entry) => words.every((word) => entry.text.includes(word));
      let found = 0;
      for (const row of rows) {
        const match = wanted.every((value, i) => !value || row.facets[i] === value) && holds(row);
        row.element.hidden = !match;
        found += match;
      }
      let disputed = 0;
      for (const dispute of disputes) {
        const match = holds(dispute);
        dispute.element.hidden = !match;
        disputed += match;
      }
      tell("figures", found);
      tell("conflicts", disputed);
      for (const group of document.querySelectorAll(".severity")) {
        const own = group.querySelectorAll(".dispute:not([hidden])").length;
        tell(group.dataset.severity, own);
        group.hidden = own === 0;
        if (words.length) group.open = true;
      }
      document.getElementById("nothing").hidden = found > 0;
      document.getElementById("clear").hidden = !words.length && !wanted.some(Boolean);
      remember(wanted);
    }

    function tell(name, count) {
      const place = document.querySelector(`[data-count="${name}"]`);
      if (place) place.textContent = count;
    }

    // The address, the sort links, the downloads and the other language follow what is shown.
    function remember(wanted) {
      const values = { q: form.elements.q.value.trim() };
      filters.forEach((name, i) => (values[name] = wanted[i]));
      const links = document.querySelectorAll("a[data-keep], #language");
      const addresses = [...links].map((link) => [link, new URL(link.href)]);
      addresses.push([null, new URL(location.href)]);
      for (const [link, url] of addresses) {
        for (const [name, value] of Object.entries(values)) {
          if (value) url.searchParams.set(name, value);
          else url.searchParams.delete(name);
        }
        if (link) link.href = url;
        else history.replaceState(null, "", url);
      }
    }
  }

  expandAll();
  search();
})();
