// Names on the map: placed greedily by priority, none over another, none in a pointer's way.
(function (geoplan) {
  "use strict";

  const { layers, geometry, say, state, el } = geoplan;

  const MOST = 160;
  const GAP = 3;
  let map = null;
  let pane = null;
  let timer = 0;
  const rulers = document.createElement("canvas").getContext("2d");
  const widths = new Map();

  // Size in px, weight, letters per line, zoom from which a name is tried, priority.
  const CLASSES = {
    districts: { size: 13, weight: 500, line: 16, from: 0, rank: 1, centred: true },
    wings: { size: 15, weight: 600, line: 24, from: 0, rank: 0, centred: true, spaced: 7 },
    platforms: { size: 11.5, weight: 400, line: 13, from: 10, rank: 2 },
    waters: { size: 11.5, weight: 400, line: 20, from: 9, rank: 2.5, centred: true, italic: true },
    projects: { size: 11, weight: 500, line: 14, from: 10.5, rank: 3 },
    enterprises: { size: 11, weight: 400, line: 14, from: 11.5, rank: 4 },
    hubs: { size: 10.5, weight: 400, line: 14, from: 11.5, rank: 5 },
    context: { size: 11, weight: 400, line: 14, from: 8.5, rank: 6, centred: true },
  };
  const IMPORTANT_HUBS = new Set(["airport", "rail_station"]);

  /** Chinese breaks anywhere, English between words. */
  function lines(text, letters) {
    const isChinese = /[\u3400-\u9fff]/.test(text);
    const most = isChinese ? letters : letters * 1.7;
    if (text.length <= most) return [text];
    const bracket = text.search(/[(（]/);
    if (isChinese && bracket > 1 && text.length - bracket > 2) return [text.slice(0, bracket), text.slice(bracket)];
    const pieces = isChinese ? [...text] : text.split(" ");
    const count = Math.ceil(text.length / most);
    const target = text.length / count;
    const rows = [""];
    for (const piece of pieces) {
      const row = rows[rows.length - 1];
      const longer = isChinese || !row ? row + piece : `${row} ${piece}`;
      if (row && longer.length > target + 1 && rows.length < 3) rows.push(piece);
      else rows[rows.length - 1] = longer;
    }
    return rows;
  }

  function widthOf(text, style) {
    const key = `${style.size}${style.weight}${text}`;
    if (!widths.has(key)) {
      rulers.font = `${style.weight} ${style.size}px ${getComputedStyle(document.body).fontFamily}`;
      widths.set(key, rulers.measureText(text).width);
    }
    return widths.get(key) + (style.spaced || 0) * text.length;
  }

  function nameOf(role, item) {
    const { properties } = item;
    if ((role === "projects" || role === "enterprises") && properties.count > 1) {
      return geoplan.t(role === "projects" ? "map.label_projects" : "map.label_firms", { count: properties.count });
    }
    return say(properties, "short") || say(properties, "name") || say(properties, "label");
  }

  function candidates() {
    const found = [];
    const zoom = map.getZoom();
    const view = map.getBounds().pad(0.02);
    for (const entry of layers.entries.values()) {
      const style = CLASSES[entry.role];
      if (!style || !entry.features) continue;
      if (entry.role === "districts" ? entry.key !== layers.ownVintage() : !layers.isShown(entry.key)) continue;
      for (const item of entry.features) {
        const important = item.role === "hubs" && IMPORTANT_HUBS.has(item.properties.kind);
        if (!item.geometry || zoom < style.from - (important ? 1.5 : 0) || !layers.isVisibleFeature(entry, item)) continue;
        const text = nameOf(entry.role, item);
        if (!text) continue;
        item.label = item.label || item.at || geometry.innerPoint(item.geometry);
        const [lng, lat] = item.label;
        if (!view.contains([lat, lng])) continue;
        const selected = state.selected === `${item.role}:${item.id}`;
        const rank = selected ? -1 : style.rank + (layers.stepsBack(entry, item) ? 2.2 : 0);
        found.push({ item, text, style, role: entry.role, rank, weight: weightOf(item) });
      }
    }
    return found.sort((a, b) => a.rank - b.rank || b.weight - a.weight);
  }

  function weightOf(item) {
    const { properties } = item;
    // The vocabulary lists the weightier kinds first: a zone before an institute.
    const kinds = item.role === "platforms" ? Object.keys(geoplan.words("platform_kind")) : [];
    return kinds.length - kinds.indexOf(properties.kind) + (properties.wanyuan || 0) / 1e4 + (properties.projects || 0) * 5 + (properties.count || 0) * 3 + (properties.area_km2 || 0) / 10;
  }

  // Boxes are [left, top, right, bottom] in pixels of the map's container.
  const overlaps = (a, b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];

  function boxesAround(candidate, at, rows) {
    const { style, item } = candidate;
    const width = Math.max(...rows.map((row) => widthOf(row, style)));
    const height = rows.length * style.size * 1.22;
    const box = (x, y) => [x - GAP, y - GAP, x + width + GAP, y + height + GAP];
    const middle = box(at.x - width / 2, at.y - height / 2);
    if (style.centred || (!item.at && candidate.role !== "platforms")) {
      return [middle, ...[-18, 18, -32, 32].map((shift) => box(at.x - width / 2, at.y - height / 2 + shift))];
    }
    const away = item.at ? 8 + (candidate.role === "projects" ? layers.radiusOfMoney(geoplan.moneyOfGroup(item.properties)) - 3 : 0) : 0;
    if (!item.at) return [middle, box(at.x - width / 2, at.y + 4), box(at.x - width / 2, at.y - height - 4), box(at.x - width / 2, at.y + 12), box(at.x - width / 2, at.y - height - 12), box(at.x + 6, at.y - height / 2), box(at.x - width - 6, at.y - height / 2)];
    return [box(at.x + away, at.y - height / 2), box(at.x - width / 2, at.y + away), box(at.x - width / 2, at.y - height - away), box(at.x - width - away, at.y - height / 2)];
  }

  function along(candidate) {
    const axis = geometry.longAxis(candidate.item.geometry);
    if (!axis) return null;
    const at = map.latLngToContainerPoint([candidate.item.label[1], candidate.item.label[0]]);
    const middle = map.latLngToContainerPoint([axis.middle[1], axis.middle[0]]);
    return { at: geometry.contains(candidate.item.geometry, ...axis.middle) ? middle : at, angle: Math.max(-60, Math.min(60, axis.angle)) };
  }

  /** Boxes of a text that runs at an angle: one a letter or so. */
  function turnedBoxes(at, angle, width, height) {
    const radians = (angle * Math.PI) / 180;
    const steps = Math.max(2, Math.ceil(width / height));
    return Array.from({ length: steps }, (_, step) => {
      const from = ((step + 0.5) / steps - 0.5) * width;
      const x = at.x + from * Math.cos(radians);
      const y = at.y + from * Math.sin(radians);
      return [x - height / 2, y - height / 2, x + height / 2, y + height / 2];
    });
  }

  /** Small signs keep their place free; on large ones a name may stand. */
  function signBoxes() {
    const boxes = [];
    for (const entry of layers.entries.values()) {
      if (!entry.features || !layers.isShown(entry.key) || !["projects", "enterprises", "hubs"].includes(entry.role)) continue;
      for (const item of entry.features) {
        if (!item.at || boxes.length > 400 || !layers.isVisibleFeature(entry, item)) continue;
        const radius = entry.role === "projects" ? layers.radiusOfMoney(geoplan.moneyOfGroup(item.properties)) : 4;
        if (radius > 9) continue;
        const { x, y } = map.latLngToContainerPoint([item.at[1], item.at[0]]);
        boxes.push([x - radius, y - radius, x + radius, y + radius]);
      }
    }
    return boxes;
  }

  function place() {
    const taken = signBoxes();
    const nodes = [];
    const size = map.getSize();
    const outer = [0, 0, size.x, size.y];
    const free = (box) => box[0] >= outer[0] && box[1] >= outer[1] && box[2] <= outer[2] && box[3] <= outer[3] && !taken.some((other) => overlaps(box, other));
    for (const candidate of candidates()) {
      if (nodes.length >= MOST) break;
      const { style, item, role, text } = candidate;
      if (role === "wings") {
        const run = along(candidate);
        const width = widthOf(text, style);
        if (!run) continue;
        const shifts = [0, 0.22, -0.22, 0.4, -0.4];
        const axisPx = Math.hypot(...axisLength(item));
        const radians = (run.angle * Math.PI) / 180;
        for (const shift of shifts) {
          const at = { x: run.at.x + shift * axisPx * Math.cos(radians), y: run.at.y + shift * axisPx * Math.sin(radians) };
          const boxes = turnedBoxes(at, run.angle, width, style.size * 1.3);
          if (!boxes.every(free) || axisPx < width * 0.8) continue;
          taken.push(...boxes);
          nodes.push(label(role, [text], at.x - width / 2, at.y - style.size * 0.65, run.angle, item));
          break;
        }
        continue;
      }
      const at = map.latLngToContainerPoint([item.label[1], item.label[0]]);
      const rows = lines(text, style.line);
      const box = boxesAround(candidate, at, rows).find(free);
      if (!box) continue;
      taken.push(box);
      nodes.push(label(role, rows, box[0] + GAP, box[1] + GAP, 0, item, box[2] - box[0] - 2 * GAP));
    }
    const shift = map.containerPointToLayerPoint([0, 0]);
    L.DomUtil.setPosition(pane.firstChild, shift);
    pane.firstChild.replaceChildren(...nodes);
  }

  function axisLength(item) {
    const [w, s, e, n] = item.bounds;
    const a = map.latLngToContainerPoint([s, w]);
    const b = map.latLngToContainerPoint([n, e]);
    return [b.x - a.x, b.y - a.y];
  }

  function label(role, rows, x, y, angle, item, width) {
    const rough = item.role === "platforms" && layers.isApproximate(item.properties);
    const node = el("div", {
      class: `label label-${role}${rough ? " is-rough" : ""}`,
      lang: /[\u3400-\u9fff]/.test(rows[0]) ? "zh-CN" : null,
      style: { left: `${Math.round(x)}px`, top: `${Math.round(y)}px`, width: width ? `${Math.ceil(width) + 2}px` : "", transform: angle ? `rotate(${angle}deg)` : "" },
    });
    rows.forEach((row) => node.append(el("div", {}, row)));
    return node;
  }

  function refresh() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (map) place();
    }, 30);
  }

  function attach(leafletMap) {
    map = leafletMap;
    pane = map.getPane("labels");
    pane.setAttribute("aria-hidden", "true");
    pane.append(el("div", { class: "labels" }));
    map.on("zoomstart", () => pane.classList.add("is-waiting"));
    map.on("zoomend moveend resize", () => {
      pane.classList.remove("is-waiting");
      refresh();
    });
  }

  geoplan.labels = { attach, refresh };
})((window.geoplan = window.geoplan || {}));
