// The contrast of every text in sight against its ground (WCAG 2.2, "contrast ratio"), by its first words.
() => {
  const channels = (colour) => {
    const numbers = colour.match(/[\d.]+/g).map(Number);
    return numbers.length === 3 ? [...numbers, 1] : numbers;
  };
  const laid = ([...top], under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const luminance = (colour) => {
    const [red, green, blue] = colour.slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const upwards = (element) => (element ? [element, ...upwards(element.parentElement)] : []);
  const groundOf = (element) =>
    upwards(element)
      .reverse()
      .reduce((ground, each) => laid(channels(getComputedStyle(each).backgroundColor), ground), [255, 255, 255, 1]);
  // A word inside a piece of a picture stands on the piece that was drawn before it.
  const pieceUnder = (text) => {
    let piece = text.previousElementSibling;
    while (piece && piece.tagName !== "rect") piece = piece.previousElementSibling;
    return channels(getComputedStyle(piece).fill);
  };

  const found = {};
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const words = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (!words || element.closest("script, noscript, title") || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const drawn = element.tagName === "text";
    const inside = drawn && (element.matches(".in") || element.closest(".strip"));
    const ground = inside ? pieceUnder(element) : groundOf(element);
    const ink = channels(drawn ? style.fill : style.color);
    ink[3] *= upwards(element).reduce((opacity, each) => opacity * getComputedStyle(each).opacity, 1);
    const pair = [luminance(laid(ink, ground)), luminance(ground)].sort((one, other) => other - one);
    const name = `${element.tagName} ${words.slice(0, 40)}`;
    found[name] = Math.min(found[name] ?? 21, (pair[0] + 0.05) / (pair[1] + 0.05));
  }
  return found;
};
