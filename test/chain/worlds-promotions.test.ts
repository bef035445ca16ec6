import { PROMOTIONS, playEverywhere } from './worlds.ts';

playEverywhere(PROMOTIONS);
