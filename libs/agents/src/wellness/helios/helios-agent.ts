import type { AgentDefinition } from '@parley/agent-kit';
import type { LanguageModel } from '@parley/language-model';
import { createRuleAgent } from '../../rules/rule-agent.ts';
import { EMPTY_FITNESS, Fitness } from './fitness.ts';
import { HELIOS_ACTIONS } from './helios-actions.ts';
import { HELIOS_HELP, understandHelios } from './understand-helios.ts';

/** Fitness: keeps a goal, logs workouts, sums up the week, makes plans. */
export function createHeliosAgent(model: LanguageModel): AgentDefinition {
  return createRuleAgent(
    {
      name: 'Helios',
      description:
        'Fitness 💪: keeps your training goal, logs workouts, sums up your week and makes training plans',
      capabilities: ['fitness', 'workouts', 'training plans'],
      keywords: [
        ...[
          'fitness',
          'workout',
          'workouts',
          'work out',
          'working out',
          'exercise',
          'exercises',
          'training',
          'train',
          'gym',
        ],
        ...[
          'run',
          'ran',
          'running',
          'jogging',
          'walked',
          'steps',
          'swim',
          'swam',
          'cycling',
          'yoga',
          'push-ups',
          'muscle',
        ],
        ...[
          'marathon',
          'cardio',
          'strength',
          'coach',
          'sport',
          'get fit',
          'in shape',
          'joggen',
          'laufen',
          'schritte',
        ],
        // One word each.
        ...(
          'fit jog jogged walk walking hike hiked hiking swimming bike biked biking rowing climbing sprint tennis football ' +
          'pilates athlete coaching lift lifting weights weightlifting deadlift squat squats lunges plank abs biceps muscles ' +
          'reps sets sore stretch stretching flexibility mobility endurance stamina stronger HIIT warm-up posture km miles ' +
          'gelaufen trainieren übungen muskeln radfahren schwimmen rückenschmerzen'
        ).split(' '),
        ...[
          'pull-up',
          'push-up',
          'sit-up',
          'bench press',
          'warm up',
          'cool down',
          'rest day',
          'back pain',
          'personal best',
        ],
        ...(
          'treadmill kettlebell dumbbell barbell glutes hamstrings calves injury recovery pace pulse ' +
          'triathlon race skate skiing dance boxing basketball volleyball golf surf kayak bodyweight ' +
          'burpees sweat jump active'
        ).split(' '),
        ...['heart rate', 'half marathon', 'personal trainer', 'martial arts', 'jumping jacks'],
      ],
      examples: [
        'I want to start working out',
        'My goal is 10k steps',
        'What is my goal?',
        'I ran 5 km in 30 minutes',
        'I walked 8,000 steps today',
        'I did 20 push-ups',
        'How was my training week?',
        'Make me a training plan',
        'How do I get fit?',
        'I swam 1,500 m yesterday',
        'Which exercises make my back stronger?',
        'I want to run a marathon',
        'Ich bin 5 km gelaufen',
        'Mach mir einen Trainingsplan',
      ],
    },
    {
      remembered: { key: 'fitness', schema: Fitness, empty: EMPTY_FITNESS },
      actions: HELIOS_ACTIONS,
      understand: understandHelios,
      notUnderstood: `That I do not understand, or it has nothing to do with fitness. ${HELIOS_HELP}`,
      persona:
        'You are Helios 💪, a fitness coach: full of energy, encouraging, concrete. You keep goals, log workouts, sum up weeks and make ' +
        'training plans. For pain and illness you send people to a doctor; questions on food belong to Ceres.',
    },
    model,
  );
}
