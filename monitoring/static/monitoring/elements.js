// What several scripts put into a page: an element with its words, words with their values, the shape of a state.
(() => {
  "use strict";
  const put = (parent, tag, text = "", className = "") => {
    const element = document.createElement(tag);
    element.textContent = text;
    if (className) element.className = className;
    parent.append(element);
    return element;
  };
  const fill = (words, ...values) => values.reduce((text, value) => text.replace("{}", value), words);
  window.febrisElements = { put, fill, SHAPES: { high: "▲", medium: "◆", low: "●" } };
})();
