// The page's own words and elements. Text of the data becomes text nodes, never markup.
(function (geoplan) {
  "use strict";

  const read = (id) => {
    const element = document.getElementById(id);
    return element ? JSON.parse(element.textContent) : null;
  };

  const page = read("page") || {};
  const strings = read("strings") || {};
  // A carried file holds both languages; a served page only its own.
  const perLanguage = strings.zh && strings.en;
  const asked = perLanguage && /[#&]lang=(zh|en)(&|$)/.exec(location.hash);
  const lang = asked ? asked[1] : page.lang || "zh";

  if (asked) document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";

  /** The page's own text for a key, with {name} replaced. */
  function t(key, values) {
    const table = perLanguage ? strings[lang] : strings;
    const short = key.replace(/^map\./, "");
    let text = table[short] ?? table[key];
    if (text === undefined) throw new Error(`no text for ${key}`);
    for (const [name, value] of Object.entries(values || {})) {
      text = text.replaceAll(`{${name}}`, value);
    }
    return text;
  }

  /** Of a thing that has `zh` and `en` (or `<stem>_zh`, `<stem>_en`): the one to show. */
  function say(thing, stem) {
    if (!thing) return "";
    const key = stem ? `${stem}_` : "";
    const own = thing[key + lang];
    const other = thing[key + (lang === "zh" ? "en" : "zh")];
    return own || other || "";
  }

  const CHINESE = /[\u3400-\u9fff]/;

  function fill(element, child) {
    if (child === null || child === undefined || child === false) return;
    if (Array.isArray(child)) child.forEach((one) => fill(element, one));
    else element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }

  /** el("button.plain", {onclick, "aria-label": …}, children…) */
  function el(kind, attributes, ...children) {
    const [tag, ...classes] = kind.split(".");
    const element = document.createElement(tag);
    if (classes.length) element.className = classes.join(" ");
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (name === "style") Object.assign(element.style, value);
      else if (name === "checked" || name === "value" || name === "disabled" || name === "open") {
        element[name] = value;
      } else element.setAttribute(name, value === true ? "" : value);
    }
    fill(element, children);
    return element;
  }

  const SVG = "http://www.w3.org/2000/svg";

  function svg(tag, attributes, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined) element.setAttribute(name, value);
    }
    fill(element, children);
    return element;
  }

  /** Text of the plan; Chinese on an English page says so, for voice and glyphs. */
  function data(text, kind) {
    const value = String(text ?? "");
    const foreign = lang === "en" && CHINESE.test(value);
    return el(kind || "span", foreign ? { lang: "zh", "data-zh": true } : {}, value);
  }

  function replace(element, ...children) {
    element.replaceChildren();
    fill(element, children);
    return element;
  }

  function announce(text) {
    const live = document.getElementById("announcement");
    if (live) live.textContent = text;
  }

  Object.assign(geoplan, { page, read, t, say, el, svg, data, replace, announce });
  Object.defineProperty(geoplan, "lang", { get: () => lang });
})((window.geoplan = window.geoplan || {}));
