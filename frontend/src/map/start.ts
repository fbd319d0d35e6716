export function startMaps(): void {}
