"""How do BPMN diagrams and DMN tables become instances that move?"""
