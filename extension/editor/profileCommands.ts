/**
 * Starting, stopping and clearing, and what is said when a session does not go
 * as planned. Commands: emberline.profileRemote, .profileLocal, .stop, .clearResults.
 */
import * as vscode from "vscode";
import type { SessionRunner } from "../session/runner";
import { isBusy, type SessionState, type Target } from "../session/state";
import { commands, views } from "./contributions";
import { showEnded, showFailure, showLimits } from "./notifications";
import { limitsText } from "./sessionText";
import * as texts from "./texts";

export function registerProfileCommands(runner: SessionRunner): vscode.Disposable {
  /** The target of the attempt under way, for another try at the same host. */
  let attempted: Target | undefined;
  const begin = async (target?: Target) => {
    if (isBusy(runner.state)) {
      void vscode.window.showInformationMessage(texts.alreadyBusy);
      return;
    }
    attempted = target;
    await runner.begin(target);
  };
  const onState = (state: SessionState, previous: SessionState) => {
    if ("target" in state) attempted = state.target;
    if (state.kind === "failed") {
      // A name that is no host wants the picker again, everything else the same host.
      const target = state.failure.code === "target-invalid" ? undefined : attempted;
      void showFailure(state.failure, () => void begin(target));
    }
    if (state.kind === "stopped" && isLive(previous) && state.results.ended !== undefined) {
      void showEnded(state.results.ended);
    }
    if (state.kind === "sampling" && previous.kind === "starting") {
      const limits = limitsText(state.results);
      if (limits !== undefined) void showLimits(limits);
      void vscode.commands.executeCommand(`${views.hotLines}.focus`, { preserveFocus: true });
    }
  };
  const unlisten = runner.listen({ onState });
  return vscode.Disposable.from(
    vscode.commands.registerCommand(commands.profileRemote, () => begin()),
    vscode.commands.registerCommand(commands.profileLocal, () => {
      if (process.platform === "linux") return begin({ kind: "local" });
      void vscode.window.showErrorMessage(texts.localOnlyOnLinux);
      return undefined;
    }),
    vscode.commands.registerCommand(commands.stop, () => {
      if (runner.state.kind === "sampling") return runner.stop();
      void vscode.window.showInformationMessage(texts.notBusy);
      return undefined;
    }),
    vscode.commands.registerCommand(commands.clearResults, () => runner.clear()),
    { dispose: unlisten },
  );
}

function isLive(state: SessionState): boolean {
  return state.kind === "sampling" || state.kind === "stopping";
}
