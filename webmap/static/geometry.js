// Where a click fell, where a label stands: plain geometry on longitudes and latitudes.
(function (geoplan) {
  "use strict";

  const polygonsOf = (geometry) => {
    if (!geometry) return [];
    if (geometry.type === "Polygon") return [geometry.coordinates];
    if (geometry.type === "MultiPolygon") return geometry.coordinates;
    return [];
  };

  function boundsOf(geometry) {
    const bounds = [Infinity, Infinity, -Infinity, -Infinity];
    const walk = (part) => {
      if (typeof part[0] === "number") {
        bounds[0] = Math.min(bounds[0], part[0]);
        bounds[1] = Math.min(bounds[1], part[1]);
        bounds[2] = Math.max(bounds[2], part[0]);
        bounds[3] = Math.max(bounds[3], part[1]);
      } else part.forEach(walk);
    };
    if (geometry) walk(geometry.coordinates);
    return bounds;
  }

  function inRing(ring, x, y) {
    let inside = false;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      const [xi, yi] = ring[i];
      const [xj, yj] = ring[j];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
    return inside;
  }

  function contains(geometry, x, y) {
    return polygonsOf(geometry).some(
      ([outer, ...holes]) => inRing(outer, x, y) && !holes.some((hole) => inRing(hole, x, y)),
    );
  }

  function ringArea(ring) {
    let sum = 0;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      sum += (ring[j][0] - ring[i][0]) * (ring[j][1] + ring[i][1]);
    }
    return Math.abs(sum / 2);
  }

  function distanceToRing(ring, x, y) {
    let nearest = Infinity;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      let [px, py] = ring[j];
      const dx = ring[i][0] - px;
      const dy = ring[i][1] - py;
      if (dx || dy) {
        const along = Math.max(0, Math.min(1, ((x - px) * dx + (y - py) * dy) / (dx * dx + dy * dy)));
        px += dx * along;
        py += dy * along;
      }
      nearest = Math.min(nearest, (x - px) ** 2 + (y - py) ** 2);
    }
    return Math.sqrt(nearest);
  }

  /** The point of the largest part that lies furthest inside: where its name stands. */
  function innerPoint(geometry) {
    const parts = polygonsOf(geometry);
    if (!parts.length) {
      const [w, s, e, n] = boundsOf(geometry);
      return [(w + e) / 2, (s + n) / 2];
    }
    const outer = parts.map(([ring]) => ring).reduce((a, b) => (ringArea(b) > ringArea(a) ? b : a));
    let [west, south, east, north] = boundsOf({ coordinates: outer });
    let best = { at: [(west + east) / 2, (south + north) / 2], depth: -Infinity };
    for (let round = 0; round < 3; round += 1) {
      const [dx, dy] = [(east - west) / 12, (north - south) / 12];
      for (let i = 0; i <= 12; i += 1) {
        for (let j = 0; j <= 12; j += 1) {
          const [x, y] = [west + i * dx, south + j * dy];
          const depth = distanceToRing(outer, x, y) * (inRing(outer, x, y) ? 1 : -1);
          if (depth > best.depth) best = { at: [x, y], depth };
        }
      }
      [west, south, east, north] = [best.at[0] - dx, best.at[1] - dy, best.at[0] + dx, best.at[1] + dy];
    }
    return best.at;
  }

  /** Long axis of an area: middle and angle in degrees on the screen, for a name along it. */
  function longAxis(geometry) {
    const points = polygonsOf(geometry).flatMap(([ring]) => ring);
    if (!points.length) return null;
    const mean = (at) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
    const [mx, my] = [mean(0), mean(1)];
    const squeeze = Math.cos((my * Math.PI) / 180);
    let [xx, yy, xy] = [0, 0, 0];
    for (const [x, y] of points) {
      const dx = (x - mx) * squeeze;
      const dy = y - my;
      xx += dx * dx;
      yy += dy * dy;
      xy += dx * dy;
    }
    const angle = (Math.atan2(2 * xy, xx - yy) / 2) * (180 / Math.PI);
    return { middle: [mx, my], angle: -angle };
  }

  geoplan.geometry = { boundsOf, contains, innerPoint, longAxis };
})((window.geoplan = window.geoplan || {}));
