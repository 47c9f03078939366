import type { Command } from 'commander';
export function addAdsCommands(_program: Command): void {}
