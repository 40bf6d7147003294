/** A pane that scrolls takes the focus, so that keys scroll it even where nothing in it can be pressed; one that shows all of itself does not. */
export function scrollable(pane: HTMLElement): () => void {
  const look = () => {
    if (pane.scrollHeight > pane.clientHeight) pane.tabIndex = 0;
    else pane.removeAttribute("tabindex");
  };
  const sizes = new ResizeObserver(look);
  const content = new MutationObserver(look);
  sizes.observe(pane);
  content.observe(pane, { childList: true, subtree: true, characterData: true, attributeFilter: ["open"] });
  look();
  return () => {
    sizes.disconnect();
    content.disconnect();
  };
}
