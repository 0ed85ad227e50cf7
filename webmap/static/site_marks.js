// How a candidate stands on the map: coloured by its score, grey and crossed, or open with a question.
(function (geoplan) {
  "use strict";

  const { site } = geoplan;

  // One scale from light to dark, told apart in grey print: ColorBrewer's YlGnBu. webmap/surfaces.py has it too.
  const SCALE = ["#eef7c8", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#0c2c84"];
  const GREY = "#8d867c";
  const INK = "#2a2825";
  const STEPS = [0.01, 0.02, 0.025, 0.05, 0.1, 0.2];

  /** Equal steps of round numbers over the scores that occur: scores are not skewed as money is. */
  function classesOf(scores) {
    if (!scores.length) return { edges: [], of: () => 0 };
    // The lowest quarter may share the first class: a few far behind must not widen all.
    const sorted = [...scores].sort((a, b) => a - b);
    const [least, most] = [sorted[Math.floor((sorted.length - 1) / 4)], sorted[sorted.length - 1]];
    const step = STEPS.find((one) => Math.floor(least / one) * one + one * SCALE.length >= most) || STEPS[STEPS.length - 1];
    const from = Math.floor(least / step + 1e-9) * step;
    const count = Math.max(1, Math.min(SCALE.length, Math.ceil((most - from) / step - 1e-9)));
    const edges = Array.from({ length: count + 1 }, (_, at) => from + at * step);
    // Few classes take the dark end: the best is dark whatever its neighbours.
    const shift = SCALE.length - count;
    return { edges, isOpen: sorted[0] < from - 1e-9, colours: SCALE.slice(shift), of: (score) => Math.max(0, Math.min(count - 1, Math.floor((score - from) / step + 1e-9))) };
  }

  const WINNERS = 3;

  /** A disc with a rank, a cross or a question mark in it, on Leaflet's canvas. */
  const Mark = L.CircleMarker.extend({
    // A shifted disc is drawn outside the circle that Leaflet knows of.
    _updateBounds() {
      L.CircleMarker.prototype._updateBounds.call(this);
      const { shift } = this.options;
      if (shift) this._pxBounds = L.bounds([this._pxBounds.min.subtract([50, 50]), this._pxBounds.max.add([50, 50])]);
    },
    _updatePath() {
      const renderer = this._renderer;
      if (!renderer._drawing || this._empty() || this.options.bare) return;
      const context = renderer._ctx;
      const { sign, shift } = this.options;
      const [x, y] = shift ? [this._point.x + shift[0], this._point.y + shift[1]] : [this._point.x, this._point.y];
      const radius = this._radius;
      context.save();
      if (shift) {
        context.beginPath();
        context.moveTo(this._point.x, this._point.y);
        context.lineTo(x, y);
        context.lineWidth = 1.4;
        context.strokeStyle = INK;
        context.stroke();
      }
      if (sign === "×") {
        const arm = radius * 0.72;
        context.beginPath();
        for (const [dx, dy] of [[arm, arm], [arm, -arm]]) {
          context.moveTo(x - dx, y - dy);
          context.lineTo(x + dx, y + dy);
        }
        for (const [width, colour] of [[4, "#fffefb"], [1.8, GREY]]) {
          context.lineWidth = width;
          context.strokeStyle = colour;
          context.stroke();
        }
      } else {
        context.beginPath();
        context.arc(x, y, radius, 0, 2 * Math.PI);
        context.fillStyle = this.options.fillColor;
        context.fill();
        context.lineWidth = this.options.weight;
        context.strokeStyle = this.options.color;
        context.setLineDash(this.options.dashes || []);
        context.stroke();
        if (sign) {
          context.fillStyle = this.options.ink;
          context.font = `600 ${Math.round(radius * 1.4)}px ${getComputedStyle(document.body).fontFamily}`;
          context.textAlign = "center";
          context.textBaseline = "middle";
          context.fillText(sign, x, y + 0.5);
        }
      }
      context.restore();
    },
  });

  /** Fill, outline and sign of a candidate as the ranking stands now. */
  function styleOf(row, classes) {
    const { model } = site;
    const one = model.sites[row];
    const rough = one.accuracy_m !== 0;
    if (one.state === "excluded") {
      return { sign: "×", radius: 5, fillColor: GREY, color: GREY, weight: 1, area: { color: GREY, weight: 1, opacity: 0.55, dashArray: rough ? "3 4" : null, fillColor: GREY, fillOpacity: 0.07 } };
    }
    if (one.state === "unknown") {
      return { sign: "?", ink: "#67615a", radius: 6.5, fillColor: "#fffefb", color: "#67615a", weight: 1.3, dashes: [2.5, 2], area: { color: "#67615a", weight: 1.1, opacity: 0.8, dashArray: "4 3", fillColor: "#fffefb", fillOpacity: 0.12 } };
    }
    const at = classes.of(model.scores[row]);
    const colour = classes.colours[at];
    const rank = model.ranks[row];
    const wins = rank <= WINNERS;
    const dark = SCALE.indexOf(colour) > 3;
    return {
      sign: wins ? String(rank) : "", ink: dark ? "#fff" : INK, radius: wins ? 9.5 : 6, fillColor: colour,
      color: wins ? INK : "#5f6f78", weight: wins ? 1.8 : 1,
      area: { color: wins ? INK : "#40606c", weight: wins ? 1.8 : 1.1, opacity: 0.9, dashArray: rough ? "5 3" : null, fillColor: colour, fillOpacity: rough ? 0.32 : 0.7 },
    };
  }

  site.marks = { Mark, SCALE, GREY, WINNERS, classesOf, styleOf };
})((window.geoplan = window.geoplan || {}));
