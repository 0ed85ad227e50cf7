// The small map on a page of items: what the page lists, over the districts.
(function () {
  "use strict";

  const data = JSON.parse(document.getElementById("items-data").textContent);
  const note = document.getElementById("items-note");
  const GROUND = { color: "#a2968a", weight: 1, fillColor: "#faf7f0", fillOpacity: 1, interactive: false };
  const PLAIN = { color: "#1d5468", weight: 1.2, fillColor: "#1d5468", fillOpacity: 0.18 };
  const POINTED = { weight: 3 };

  const say = (which) => {
    note.textContent = note.dataset[which];
    note.hidden = false;
  };

  async function read(address) {
    const answer = await fetch(address, { headers: { Accept: "application/geo+json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  function nameOf({ id, properties }) {
    const names = [`name_${data.lang}`, "name_zh", "name_en", "name"].map((key) => properties[key]);
    return String(names.find((name) => typeof name === "string" && name) || id);
  }

  // One lies on another where several are known to the same place.
  const APPROXIMATE = { ...PLAIN, dashArray: "4 3", fillOpacity: 0.06 };

  function colourOf(value) {
    const { edges, colours, zero } = data.shade;
    if (typeof value !== "number") return "none";
    if (value === 0) return zero;
    const at = edges.findIndex((edge) => value <= edge);
    return colours[at < 0 ? colours.length - 1 : at];
  }

  function style(feature) {
    if (!data.shade) return data.approximate ? APPROXIMATE : PLAIN;
    const colour = colourOf(feature.properties[data.shade.field]);
    if (colour === "none") return { ...PLAIN, color: "#8d867c", dashArray: "2 3", fill: false };
    return { color: "#8d867c", weight: 0.5, fillColor: colour, fillOpacity: 0.9 };
  }

  const rowOf = (id) =>
    [...document.querySelectorAll("tr[data-key]")].find((row) => row.dataset.key === String(id));

  function join(feature, layer) {
    const label = document.createElement("span");
    label.textContent = nameOf(feature);
    layer.bindTooltip(label, { sticky: true });
    const row = rowOf(feature.id);
    const point = (is) => {
      if (layer.setStyle) layer.setStyle(is ? POINTED : { dashArray: null, ...style(feature) });
      if (row) row.classList.toggle("is-pointed", is);
    };
    layer.on({ mouseover: () => point(true), mouseout: () => point(false) });
    if (row) {
      row.addEventListener("mouseenter", () => point(true));
      row.addEventListener("mouseleave", () => point(false));
      layer.on("click", () => {
        location.href = `${data.item}${encodeURIComponent(feature.id)}?${data.query}`;
      });
    }
  }

  if (data.shade) {
    document.querySelectorAll(".swatch").forEach((swatch) => {
      swatch.style.background = data.shade.colours[Number(swatch.dataset.at)];
    });
  }

  window.geoplanItems = async function (map) {
    const [west, south, east, north] = data.extent;
    map.fitBounds([[south, west], [north, east]]);
    try {
      if (data.ground) L.geoJSON(await read(data.ground), { style: GROUND, interactive: false }).addTo(map);
      const found = await read(data.features);
      const drawn = L.geoJSON(found, {
        style,
        pointToLayer: (feature, at) => L.circleMarker(at, { ...PLAIN, radius: 5, fillOpacity: 0.7 }),
        onEachFeature: join,
      }).addTo(map);
      const box = drawn.getBounds();
      if (box.isValid()) map.fitBounds(box, { padding: [16, 16], maxZoom: 14 });
      else say("empty");
    } catch (error) {
      say("failed");
    }
  };
})();
