import { DETOURS, playEverywhere } from './worlds.ts';

playEverywhere(DETOURS);
