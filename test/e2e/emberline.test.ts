/**
 * The product as a person meets it: the packaged extension in a real VS Code,
 * over real SSH, to a real helper with real BPF and a real Python. The chapters
 * follow one another on one page, as a day's work does.
 */
import { afterAll, afterEach, beforeAll, describe, inject } from "vitest";
import { describeUnless } from "../support/skip";
import { heatInTheEditor } from "./chapters/heat";
import { flameGraph } from "./chapters/flameGraph";
import { reachingAHost } from "./chapters/reaching";
import { refusals } from "./chapters/refusals";
import { sessionsThatEnd } from "./chapters/ending";
import { sources } from "./chapters/sources";
import { thisMachine } from "./chapters/thisMachine";
import { closeWorld, keepScreen, openWorld } from "./support/world";

beforeAll(openWorld);
afterAll(closeWorld);
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") await keepScreen(task.name);
});

const { whyNoRoot, whyNoSampling } = inject("e2e");

describeUnless(whyNoRoot, "reaching a host", reachingAHost);
describeUnless(whyNoSampling, "heat in the editor", heatInTheEditor);
describeUnless(whyNoSampling, "flame graph", flameGraph);
describeUnless(whyNoSampling, "sources", sources);
describeUnless(whyNoSampling, "sessions that end", sessionsThatEnd);
describeUnless(whyNoSampling, "this machine", thisMachine);
describe("refusals", refusals);
