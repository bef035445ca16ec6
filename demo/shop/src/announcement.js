/** What the shop tells everybody who comes in. */
export const announcement = 'Tea, cups and pots. Freshly brewed since this morning.';
