import { describe, expect, test } from "vitest";
import { flameHtml } from "./flameHtml";

const page = {
  cspSource: "https://*.vscode-cdn.net",
  nonce: "bm9uY2U=",
  scriptUri: "https://x/dist/webview/flame.js",
  styleUri: "https://x/media/flame.css",
  title: "Emberline Flame Graph",
};

describe("the flame graph's page", () => {
  const html = flameHtml(page);
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? "";

  test("allows nothing by default, no inline code and no evaluation", () => {
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|data:|\bhttps?:(?!\/\/\*\.vscode-cdn)/);
  });

  test("runs the one script that carries the nonce", () => {
    expect(policy).toContain(`script-src 'nonce-${page.nonce}'`);
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).toContain(`<script nonce="${page.nonce}" src="${page.scriptUri}"></script>`);
    expect(html).not.toMatch(/ style=| on\w+=/);
  });

  test("cannot be broken out of by what is put in", () => {
    const hostile = flameHtml({ ...page, title: '"><script>x</script>', styleUri: '" onload="x' });
    expect(hostile.match(/<script/g)).toHaveLength(1);
    expect(hostile).not.toContain('" onload="');
  });
});
