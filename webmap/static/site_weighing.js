// The ranking under other weights: score = Σ weight · value. Nothing else is worked out here.
(function (geoplan) {
  "use strict";

  const { site } = geoplan;

  // The record's values have six decimals: scores nearer than this are one score.
  const SAME = 1.5e-6;

  /** Values as flat arrays, so that thousands of sites are weighed between two frames. */
  function modelOf(record) {
    const { criteria, sites } = record;
    const width = criteria.length;
    const table = (name) => {
      const flat = new Float64Array(sites.length * width);
      sites.forEach((one, row) => criteria.forEach((criterion, column) => {
        flat[row * width + column] = one[name][criterion.id] ?? 0;
      }));
      return flat;
    };
    const own = Float64Array.from(criteria, (one) => one.weight);
    const model = {
      sites, criteria, own, weights: own.slice(), isOwn: true,
      values: table("values"), low: table("values_low"), high: table("values_high"),
      scores: new Float64Array(sites.length), lows: new Float64Array(sites.length), highs: new Float64Array(sites.length),
      ranks: new Int32Array(sites.length), order: [],
      byId: new Map(sites.map((one) => [one.id, one])),
      rowOf: new Map(sites.map((one, at) => [one.id, at])),
      allowed: sites.map((one, at) => (one.state === "allowed" ? at : -1)).filter((at) => at >= 0),
    };
    asRecorded(model);
    return model;
  }

  function asRecorded(model) {
    model.weights.set(model.own);
    model.isOwn = true;
    model.sites.forEach((one, row) => {
      model.scores[row] = one.score ?? 0;
      model.lows[row] = one.score_low ?? model.scores[row];
      model.highs[row] = one.score_high ?? model.scores[row];
      model.ranks[row] = one.rank ?? 0;
    });
    model.order = model.allowed;
  }

  function weighed(model) {
    const { values, low, high, weights, scores, lows, highs } = model;
    const width = weights.length;
    for (let row = 0; row < scores.length; row += 1) {
      let [best, least, most] = [0, 0, 0];
      for (let column = 0, at = row * width; column < width; column += 1, at += 1) {
        best += weights[column] * values[at];
        least += weights[column] * low[at];
        most += weights[column] * high[at];
      }
      scores[row] = best;
      lows[row] = least;
      highs[row] = most;
    }
    ranked(model);
  }

  /** Allowed sites by score; equal ones share the rank and stand by id. */
  function ranked(model) {
    const { scores, ranks, sites } = model;
    const order = [...model.allowed].sort((a, b) => scores[b] - scores[a]);
    for (let from = 0; from < order.length;) {
      let to = from + 1;
      while (to < order.length && scores[order[to - 1]] - scores[order[to]] < SAME) to += 1;
      if (to - from > 1) {
        const tied = order.slice(from, to).sort((a, b) => (sites[a].id < sites[b].id ? -1 : 1));
        order.splice(from, to - from, ...tied);
      }
      for (let at = from; at < to; at += 1) ranks[order[at]] = from + 1;
      from = to;
    }
    model.order = order;
  }

  /** New weights by criterion id; they are brought to a sum of one. */
  function setWeights(given, options) {
    const { model } = site;
    if (!model) return;
    const raw = model.criteria.map((one) => Math.max(0, Number(given[one.id]) || 0));
    const sum = raw.reduce((total, one) => total + one, 0);
    if (!(sum > 0)) return;
    model.weights.set(raw.map((one) => one / sum));
    model.isOwn = model.weights.every((one, at) => Math.abs(one - model.own[at]) < 5e-7);
    if (model.isOwn) asRecorded(model);
    else weighed(model);
    site.tell("weights", options || {});
  }

  function reset() {
    if (!site.model) return;
    asRecorded(site.model);
    site.tell("weights", {});
  }

  /** One weight changed, the others keep their proportions: as the flips of a record mean it. */
  function withOne(weights, id, share) {
    const next = { ...weights };
    const rest = Object.keys(next).filter((key) => key !== id);
    const held = rest.reduce((sum, key) => sum + next[key], 0);
    const left = 1 - share;
    for (const key of rest) next[key] = held > 0 ? (next[key] / held) * left : left / rest.length;
    next[id] = share;
    return next;
  }

  const current = () => (site.model
    ? Object.fromEntries(site.model.criteria.map((one, at) => [one.id, site.model.weights[at]]))
    : {});

  const contribution = (row, column) => site.model.weights[column] * site.model.values[row * site.model.weights.length + column];

  site.weighing = { modelOf, setWeights, reset, withOne, current, contribution };
})((window.geoplan = window.geoplan || {}));
