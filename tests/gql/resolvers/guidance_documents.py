"""The mutation that asks for guidance, and an input of it."""

GENERATE = """mutation Generate($input: GenerateGuidanceInput!) { generateGuidance(input: $input) {
  text isOverage generation { model attempts completionTokens }
  usage { limitMode dailyUsed dailyRemaining monthlyUsed }
  userErrors { code field retryAfterSeconds } } }"""
INPUT = {"situation": "Two compilers.", "objective": "One.", "idempotencyKey": "k"}
