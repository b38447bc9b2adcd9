import { openPlace } from "./describe";
import { FlameController } from "./flameController";
import { FlameModel } from "./flameModel";
import { Host } from "./host";
import { bindInput } from "./input";
import { parseToWebview } from "./messages";
import { watchTheme } from "./pageTheme";
import { Receiver } from "./receiver";

const host = new Host();
const model = new FlameModel(host.savedView());
const flame = new FlameController(model, {
  openNode(node, line, toSide) {
    const place = openPlace(model.tree, node);
    if (place === null) return;
    host.post({ type: "openFrame", ...place, line: line ?? place.line, toSide });
  },
  changed: () => host.viewChanged(model),
});
const receiver = new Receiver(model, flame, host);

document.getElementById("app")?.append(flame.view.root);
bindInput(flame);
watchTheme(() => flame.view.themeChanged());
window.addEventListener("message", (event: MessageEvent<unknown>) => {
  const message = parseToWebview(event.data);
  if (message !== null) receiver.receive(message);
});
host.post({ type: "ready" });
