import { describe, expect, it } from 'vitest';
import { hasEmail, hasIban, hasPhone, isCard } from '../../../src/rehearsal/masking/detectors.ts';

describe('what looks personal', () => {
  it.each<[string, boolean]>([
    ['mona@octo-org.com', true],
    ['write to <Mona.Lisa+x@mail.octo-org.co.uk>, please', true],
    ['müller@bücher.de', true],
    ['a@example.com and mona@octo-org.com', true],
    ['mona@example.com.au', true],
    ['a@example.com', false],
    ['a@shop.example.org', false],
    ['a@shop.invalid', false],
    ['@mona', false],
    ['user@host', false],
    ['two @ signs @ here.com', false],
  ])('an e-mail address in %j: %s', (text, found) => {
    expect(hasEmail(text)).toBe(found);
  });

  it.each<[string, boolean]>([
    ['+49 151 23456789', true],
    ['+1 (212) 555-0123', true],
    ['(212) 555-0123', true],
    ['212-555-0123', true],
    ['+999123456789012', false],
    ['2024-01-02 10:11:12', false],
    ['1234567890123', false],
    ['10.20.30.40', false],
  ])('a phone number in %j: %s', (text, found) => {
    expect(hasPhone(text)).toBe(found);
  });

  it.each<[string, boolean]>([
    ['4111 1111 1111 1111', true],
    ['5555555555554444', true],
    ['3782-822463-10005', true],
    ['4111 1111 1111 1112', false],
    ['9663279697474640', false],
    ['1234567890123452', false],
  ])('a card number in %j: %s', (text, found) => {
    expect(isCard(text)).toBe(found);
  });

  it.each<[string, boolean]>([
    ['DE89370400440532013000', true],
    ['pay to GB82 WEST 1234 5698 7654 32 soon', true],
    ['DE89370400440532013001', false],
    ['AB12CD', false],
  ])('an IBAN in %j: %s', (text, found) => {
    expect(hasIban(text)).toBe(found);
  });
});
