// Every text and every bar whose contrast with what lies behind it is less than WCAG 2.1 AA asks, in words.
const parse = (colour) => {
  const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
  return [r, g, b, a];
};
const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
const luminance = ([r, g, b]) => {
  const [R, G, B] = [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * R + 0.7152 * G + 0.0722 * B;
};
const ratio = (one, other) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};
const ground = (element) => {
  const layers = [];
  for (let each = element; each; each = each.parentElement) layers.unshift(parse(getComputedStyle(each).backgroundColor));
  return layers.reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
};

const found = [];
let checked = 0;
const check = (what, colour, below, least) => {
  checked += 1;
  const contrast = ratio(over(colour, below), below);
  if (contrast < least) found.push(`${what}: ${contrast.toFixed(2)} of ${least}`);
};

for (const element of document.querySelectorAll("body *")) {
  const style = getComputedStyle(element);
  const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const isControl = ["SELECT", "INPUT", "BUTTON"].includes(element.tagName);
  if (["STYLE", "SCRIPT", "OPTION", "title"].includes(element.tagName) || !element.getClientRects().length) continue;
  if (hasText || isControl) {
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    check(`${element.tagName} "${element.textContent.trim().slice(0, 30)}"`, parse(style.color), ground(element), large ? 3 : 4.5);
  }
  if (element.tagName === "INPUT") {
    check("placeholder", parse(getComputedStyle(element, "::placeholder").color), ground(element), 4.5);
  }
  if (element.tagName === "rect") {
    const outlined = style.stroke !== "none";
    check(`bar ${element.getAttribute("class")}`, parse(outlined ? style.stroke : style.fill), ground(element), 3);
  }
}
return { checked, found };
