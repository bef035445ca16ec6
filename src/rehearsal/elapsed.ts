/** How long something took is evidence here: seconds, to the hundredth. @param started what `performance.now()` was when it began */
export function secondsSince(started: number): number {
  return Math.round((performance.now() - started) / 10) / 100;
}
