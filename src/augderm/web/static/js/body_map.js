// The body map: shows the pictures, and writes what is clicked or chosen by key into the form's fields.
// All words are in the page; see templates/body_map.html.j2 and docs/reference/viewer.md.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function startBodyMap(root) {
  const find = (name) => root.querySelector(`[data-body-map-${name}]`);
  const list = find("region"), tab = find("tab"), told = find("told");
  const fields = { view: find("view"), x: find("x"), y: find("y") };
  const figures = [...root.querySelectorAll("figure[data-view]")];
  const regionsOf = (figure) => [...figure.querySelectorAll("[data-region]")];
  find("pictures").hidden = false;

  function show(view) {
    tab.value = view;
    for (const figure of figures) figure.hidden = figure.dataset.view !== view;
  }

  // One stop of the Tab key for each picture; the arrow keys go on from there.
  function rove(figure, to) {
    for (const region of regionsOf(figure)) region.tabIndex = region === to ? 0 : -1;
  }

  function choose(code, view = "", x = "", y = "") {
    list.value = code;
    fields.view.value = view;
    fields.x.value = x === "" ? "" : x.toFixed(4);
    fields.y.value = y === "" ? "" : y.toFixed(4);
    draw();
    root.dispatchEvent(new CustomEvent("body-map:chosen", {
      bubbles: true, detail: { region: code, view, x: fields.x.value, y: fields.y.value },
    }));
  }

  function draw() {
    const code = list.value;
    told.textContent = code ? list.selectedOptions[0].textContent : "–";
    for (const figure of figures) {
      const regions = regionsOf(figure);
      for (const region of regions) {
        region.setAttribute("aria-checked", String(Boolean(code) && region.dataset.region === code));
      }
      const mark = figure.querySelector(".body-map-mark");
      const here = fields.view.value === figure.dataset.view && fields.x.value !== "";
      mark.toggleAttribute("hidden", !here);
      if (here) {
        const { width, height } = figure.querySelector("svg").dataset;
        mark.setAttribute("transform", `translate(${fields.x.value * width} ${fields.y.value * height})`);
      }
      rove(figure, regions.find((region) => region.dataset.region === code) ?? regions.at(-1));
    }
  }

  // The place of a pointer as fractions of the view, also where the picture is scaled by the page.
  function placeOf(svg, event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const within = (value) => Math.min(1, Math.max(0, value));
    return [within(point.x / svg.dataset.width), within(point.y / svg.dataset.height)];
  }

  function middleOf(region) {
    const box = region.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
  }

  function nextRegion(figure, from, [dx, dy]) {
    const [x, y] = middleOf(from);
    let best = null, least = Infinity;
    for (const region of regionsOf(figure)) {
      const [otherX, otherY] = middleOf(region);
      const along = (otherX - x) * dx + (otherY - y) * dy;
      const aside = Math.abs((otherX - x) * dy) + Math.abs((otherY - y) * dx);
      if (region !== from && along > 1 && along + 2 * aside < least) [best, least] = [region, along + 2 * aside];
    }
    return best;
  }

  for (const figure of figures) {
    const svg = figure.querySelector("svg");
    svg.addEventListener("click", (event) => {
      const region = event.target.closest("[data-region]");
      if (region) choose(region.dataset.region, figure.dataset.view, ...placeOf(svg, event));
    });
    svg.addEventListener("keydown", (event) => {
      const region = event.target.closest("[data-region]");
      if (!region || event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.key === "Enter" || event.key === " ") {
        // A key chooses a region and no point: a middle would look like a place that someone pointed at.
        choose(region.dataset.region);
      } else if (event.key in ARROWS) {
        const next = nextRegion(figure, region, ARROWS[event.key]);
        if (next) { rove(figure, next); next.focus(); }
      } else return;
      event.preventDefault();
    });
  }
  tab.addEventListener("change", () => show(tab.value));
  list.addEventListener("change", () => {
    const code = list.value;
    choose(code);
    const showing = figures.filter((figure) => regionsOf(figure).some((r) => r.dataset.region === code));
    if (showing.length && !showing.some((figure) => !figure.hidden)) show(showing.at(-1).dataset.view);
  });
  draw();
}

for (const root of document.querySelectorAll("[data-body-map]")) startBodyMap(root);
