// Colours, patterns and small signs; the map and its legends draw from the same place.
(function (geoplan) {
  "use strict";

  const { svg } = geoplan;

  const COLOURS = {
    land: "#faf7f0",
    surround: "#edeae3",
    surroundLine: "#d8d2c7",
    water: "#d3e3ea",
    waterLine: "#b4cfda",
    districtLine: "#a2968a",
    ink: "#2a2825",
    soft: "#67615a",
    selected: "#14110d",
    neutral: "#6b655d",
    hatch: "#b9b1a5",
  };

  // Tol's muted set, in the order in which kinds first appear in the vocabulary.
  const KIND_COLOURS = ["#332288", "#882255", "#117733", "#8a5a00", "#aa4499", "#44789a", "#5d5d86",
    "#7a3b2e", "#6b6b00", "#4f7a4f", "#777777"];
  const HUB_SHAPES = ["triangle", "square", "diamond", "drop", "bar", "circle"];

  function kindColour(kind) {
    const kinds = Object.keys(geoplan.words("platform_kind"));
    const at = kinds.indexOf(kind);
    return KIND_COLOURS[at < 0 ? KIND_COLOURS.length - 1 : at % KIND_COLOURS.length];
  }

  function hubShape(kind) {
    const at = Object.keys(geoplan.words("hub_kind")).indexOf(kind);
    return HUB_SHAPES[at < 0 ? HUB_SHAPES.length - 1 : at % HUB_SHAPES.length];
  }

  // Outline of a shape around (0, 0), radius 1.
  const OUTLINES = {
    triangle: [[0, -1.15], [1.05, 0.8], [-1.05, 0.8]],
    square: [[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]],
    diamond: [[0, -1.2], [1.05, 0], [0, 1.2], [-1.05, 0]],
    drop: [[0, 1.25], [1, -0.1], [0.6, -1], [-0.6, -1], [-1, -0.1]],
    bar: [[-1.15, -0.45], [1.15, -0.45], [1.15, 0.45], [-1.15, 0.45]],
  };

  /** A sign drawn on Leaflet's canvas: the shape, not always a circle. */
  const Sign = L.CircleMarker.extend({
    _updatePath() {
      const outline = OUTLINES[this.options.shape];
      const renderer = this._renderer;
      if (!outline || !renderer._ctx) {
        renderer._updateCircle(this);
        return;
      }
      if (!renderer._drawing || this._empty()) return;
      const context = renderer._ctx;
      context.beginPath();
      outline.forEach(([x, y], at) => {
        const to = [this._point.x + x * this._radius, this._point.y + y * this._radius];
        if (at) context.lineTo(...to);
        else context.moveTo(...to);
      });
      context.closePath();
      renderer._fillStroke(context, this);
    },
  });

  // ---- patterns: for what has no data, and for how a sector was placed
  const PATTERNS = {
    hatched: (colour) => [
      svg("rect", { width: 7, height: 7, fill: COLOURS.land }),
      svg("path", { d: "M-1,1 L1,-1 M0,7 L7,0 M6,8 L8,6", stroke: colour, "stroke-width": 1 }),
    ],
    inherited: (colour) => [
      svg("rect", { width: 7, height: 7, fill: colour, "fill-opacity": 0.12 }),
      svg("path", { d: "M-1,1 L1,-1 M0,7 L7,0 M6,8 L8,6", stroke: colour, "stroke-width": 2.2, "stroke-opacity": 0.75 }),
    ],
    wing: (colour) => [
      svg("rect", { width: 7, height: 7, fill: colour, "fill-opacity": 0.08 }),
      svg("path", { d: "M3.5,0 V7", stroke: colour, "stroke-width": 1.3, "stroke-opacity": 0.55 }),
    ],
    points: (colour) => [
      svg("rect", { width: 7, height: 7, fill: colour, "fill-opacity": 0.08 }),
      svg("circle", { cx: 3.5, cy: 3.5, r: 1.5, fill: colour, "fill-opacity": 0.8 }),
    ],
  };

  let definitions = null;
  const known = new Map();

  /** A fill for SVG: `url(#…)`; the pattern is made when first asked for. */
  function pattern(name, colour) {
    const key = `${name}-${(colour || COLOURS.hatch).replace("#", "")}`;
    if (!known.has(key)) {
      if (!definitions) {
        definitions = svg("defs");
        document.body.append(svg("svg", { width: 0, height: 0, "aria-hidden": "true", style: "position:absolute" }, definitions));
      }
      definitions.append(
        svg("pattern", { id: `pattern-${key}`, width: 7, height: 7, patternUnits: "userSpaceOnUse" },
          PATTERNS[name](colour || COLOURS.hatch)),
      );
      known.set(key, `url(#pattern-${key})`);
    }
    return known.get(key);
  }

  // ---- the same signs as small pictures for legends
  const box = (...children) =>
    svg("svg", { class: "swatch", width: 22, height: 14, viewBox: "0 0 22 14", "aria-hidden": "true" }, children);

  const areaSwatch = (style) =>
    box(svg("rect", { x: 1, y: 1, width: 20, height: 12, rx: 1.5, fill: style.fill || "none",
      "fill-opacity": style.fillOpacity ?? 1, stroke: style.stroke || "none",
      "stroke-width": style.width || 1, "stroke-dasharray": style.dash }));

  const lineSwatch = (style) =>
    box(svg("path", { d: "M1,7 H21", stroke: style.stroke, "stroke-width": style.width || 1, "stroke-dasharray": style.dash }));

  function signSwatch(shape, style) {
    const common = { fill: style.fill, stroke: style.stroke, "stroke-width": style.width || 1,
      "fill-opacity": style.fillOpacity ?? 1, "stroke-dasharray": style.dash };
    const outline = OUTLINES[shape];
    if (!outline) return box(svg("circle", { cx: 11, cy: 7, r: style.radius || 5, ...common }));
    const points = outline.map(([x, y]) => `${11 + x * 5},${7 + y * 5}`).join(" ");
    return box(svg("polygon", { points, ...common }));
  }

  geoplan.symbols = { COLOURS, Sign, kindColour, hubShape, pattern, areaSwatch, lineSwatch, signSwatch };
})((window.geoplan = window.geoplan || {}));
