import { FrameKind } from "../core/frameKind";
import { makePalette, type Palette } from "./palette";

/** Reads the theme of the page as VS Code sets it: variables on the root, a class on the body. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const classes = document.body.classList;
  const palette = makePalette({
    variable: (name) => style.getPropertyValue(name),
    isHighContrast:
      classes.contains("vscode-high-contrast") || classes.contains("vscode-high-contrast-light"),
  });
  publishKindColors(palette);
  return palette;
}

/** Lets the style sheet show the kinds in the colours of the graph. */
function publishKindColors(palette: Palette): void {
  for (const name of ["thread", "python", "native", "kernel"] as const) {
    const look = { kind: FrameKind[name], isLibrary: false, shade: "", isMuted: false };
    const { fill, outline } = palette.paint(look);
    document.body.style.setProperty(`--flame-${name}`, outline ?? fill);
  }
}

/** Calls back when VS Code has put another theme on the page. */
export function watchTheme(changed: () => void): void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ["style", "class"] });
  observer.observe(document.body, { attributeFilter: ["class", "data-vscode-theme-id"] });
}
