/** Typed reads of emberline.*; nothing else in the extension calls getConfiguration. */
import * as vscode from "vscode";
import {
  applicationSettings,
  settingDefaults,
  type SettingName,
  type Settings,
} from "./contributions";

const section = "emberline";

/** The value in force; application settings ignore what a workspace says, trusted or not. */
export function readSetting<K extends SettingName>(
  name: K,
  scope?: vscode.ConfigurationScope,
): Settings[K] {
  const configuration = vscode.workspace.getConfiguration(section, scope ?? null);
  if (applicationSettings.includes(name)) {
    return configuration.inspect<Settings[K]>(name)?.globalValue ?? settingDefaults[name];
  }
  return configuration.get<Settings[K]>(name) ?? settingDefaults[name];
}

/** Calls back when one of the named settings may have changed. */
export function onSettingChange(
  names: readonly SettingName[],
  callback: () => void,
): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (names.some((name) => event.affectsConfiguration(`${section}.${name}`))) callback();
  });
}
