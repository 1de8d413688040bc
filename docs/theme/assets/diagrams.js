// Draws the Mermaid diagrams of a page, with the script beside this one, in the colours of the theme.
(() => {
  const blocks = [...document.querySelectorAll("pre.diagram")];
  if (!blocks.length) return;
  const home = document.currentScript.src;
  const texts = blocks.map((block) => block.textContent);

  const draw = async () => {
    const dark = document.body.dataset.mdColorScheme === "slate";
    mermaid.initialize({
      startOnLoad: false,
      theme: dark ? "dark" : "neutral",
      fontFamily: getComputedStyle(document.body).fontFamily,
    });
    for (const [index, block] of blocks.entries()) {
      const { svg } = await mermaid.render(`diagram-${index}`, texts[index]);
      const place = document.createElement("div");
      place.className = "diagram";
      place.innerHTML = svg;
      blocks[index].replaceWith(place);
      blocks[index] = place;
    }
  };

  const script = document.createElement("script");
  script.src = new URL("mermaid.js", home).href;
  script.onload = () => {
    draw();
    new MutationObserver(draw).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
  };
  document.head.append(script);
})();
