import { openPlace } from "./describe";
import { FlameModel } from "./flameModel";
import { FlameView } from "./flameView";
import { Host } from "./host";
import { bindInput } from "./input";
import { parseToWebview } from "./messages";
import { watchTheme } from "./pageTheme";
import { Receiver } from "./receiver";

const host = new Host();
const model = new FlameModel(host.savedView());
const view = new FlameView(model, {
  openNode(node, line, toSide) {
    const place = openPlace(model.tree, node);
    if (place === null) return;
    host.post({ type: "openFrame", ...place, line: line ?? place.line, toSide });
  },
  changed: () => host.viewChanged(model),
});
const receiver = new Receiver(model, view, host);

document.getElementById("app")?.append(view.root);
bindInput(view);
watchTheme(() => view.themeChanged());
window.addEventListener("message", (event: MessageEvent<unknown>) => {
  const message = parseToWebview(event.data);
  if (message !== null) receiver.receive(message);
});
host.post({ type: "ready" });
