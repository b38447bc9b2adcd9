/** What a session asks a person, answered by the two pickers. */
import type { Questions } from "../session/ports";
import type { HostPicker } from "./hostPicker";
import { pickProcesses } from "./processPicker";
import { targetName } from "./sessionText";

export function createQuestions(hostPicker: HostPicker): Questions {
  return {
    chooseHost: (signal) => hostPicker.pick(signal),
    chooseProcesses: (target, helper, list, signal) => {
      const host = target.kind === "local" ? helper.hostname : targetName(target);
      return pickProcesses({ host, canGoBack: target.kind === "ssh", list }, signal);
    },
  };
}
