import type { AgentDefinition } from '@parley/agent-kit';
import type { LanguageModel } from '@parley/language-model';
import { createRuleAgent } from '../../rules/rule-agent.ts';
import { readHandbook } from '../handbook.ts';
import { lookUpIn } from '../look-up.ts';
import { FINANCE_ACTIONS } from './finance-actions.ts';
import { EMPTY_LEDGER, Ledger } from './ledger.ts';
import { FINANCE_HELP, understandFinance } from './understand-finance.ts';

/** Keeps budgets and expenses, answers from the finance handbook. */
export function createFinanceAgent(model: LanguageModel): AgentDefinition {
  const handbook = readHandbook(new URL('../knowledge/finance/', import.meta.url));
  return createRuleAgent(
    {
      name: 'Finance',
      description:
        'Budgets, expenses, invoices and business travel: keeps your budget and answers from the handbook',
      capabilities: ['budget', 'expenses', 'invoices', 'travel expenses'],
      keywords: [
        ...[
          'finance',
          'money',
          'budget',
          'expense',
          'expenses',
          'spent',
          'spend',
          'cost',
          'invoice',
          'receipt',
          'refund',
        ],
        ...[
          'reimburse',
          'reimbursement',
          'purchase',
          'payment',
          'accounting',
          'euro',
          'dollar',
          'per diem',
          'mileage',
        ],
        ...['company card', 'supplier', 'afford', 'finanzen', 'geld', 'ausgaben', 'rechnung', 'spesen'],
        // One word each.
        ...(
          'financial pay paid bill bills tax taxes VAT bank transfer charge charged fee fees subscription deposit allowance ' +
          'advance vendor fund funds reimbursed taxi hotel flight debt deduct € $ £ kosten steuer bezahlen bezahlt überweisen ' +
          'überweisung buchhaltung betrag'
        ).split(' '),
        ...[
          'credit card',
          'bank account',
          'cost centre',
          'cost center',
          'purchase order',
          'payment terms',
          'expense report',
        ],
        ...['business trip', 'business dinner', 'daily allowance', 'train ticket', 'over budget'],
        ...(
          'cash cheque iban overdue payable receivable ledger audit fiscal forecast balance profit loss ' +
          'revenue turnover depreciation procurement currency loan interest rent lease licence donation ' +
          'sponsorship parking fuel toll owe savings costs discount'
        ).split(' '),
        ...[
          'credit note',
          'due date',
          'direct debit',
          'exchange rate',
          'rental car',
          'petty cash',
          'account number',
        ],
      ],
      examples: [
        'My budget is 1,500 €',
        'I spent 300 on a laptop bag',
        'What is left of my budget?',
        'How much money do I have left?',
        'Can I afford a chair for 400 €?',
        'I got a refund of 50 €',
        'What did I spend this month?',
        'How do I hand in travel expenses?',
        'Where do I send an invoice from a supplier?',
        'How much may a hotel cost on a business trip?',
        'Who approves a purchase order?',
        'I lost a receipt',
        'Wie viel ist von meinem Budget übrig?',
        'Ich habe 300 Euro für eine Tasche ausgegeben',
      ],
      holdsSession: true,
    },
    {
      remembered: { key: 'ledger', schema: Ledger, empty: EMPTY_LEDGER },
      actions: FINANCE_ACTIONS,
      understand: understandFinance,
      lookUp: lookUpIn(handbook, 'finance handbook'),
      notUnderstood: `I found nothing on that, neither in the handbook nor in my rules. ${FINANCE_HELP}`,
      persona:
        'You are the finance desk: precise, calm, friendly. You keep the person’s budget and answer questions on expenses, travel, ' +
        'budgets, purchasing and invoices from the handbook, and cite its section.',
    },
    model,
  );
}
