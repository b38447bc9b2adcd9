/**
 * The product as a person meets it: the packaged extension in a real VS Code,
 * over real SSH, to a real helper with real BPF and a real Python. The chapters
 * follow one another on one page, as a day's work does.
 */
import { afterAll, afterEach, beforeAll, describe } from "vitest";
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

describe("reaching a host", reachingAHost);
describe("heat in the editor", heatInTheEditor);
describe("flame graph", flameGraph);
describe("sources", sources);
describe("sessions that end", sessionsThatEnd);
describe("this machine", thisMachine);
describe("refusals", refusals);
