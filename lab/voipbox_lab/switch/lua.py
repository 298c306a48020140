# SPDX-License-Identifier: GPL-3.0-or-later
"""`api lua ~CODE`: the code runs in a Lua of its own that offers what FusionPBX's scripts offer to such one-liners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lupa

from .configuration import Configuration

# Every run has globals of its own, as the switch gives every script a state of its own; only the libraries are shared.
_SETUP = """
local cache, execute, handler = ...
local modules = {
  ['resources.functions.cache'] = {
    get = function(key) local value = cache.get(key); if value == nil then return nil, 'NOT FOUND' end; return value end,
    set = function(key, value) return cache.set(key, value) end,
    del = function(key) return cache.delete(key) end,
  },
  ['resources.functions.config'] = true,
}
local libraries = { __index = _G }
local function globals(write)
  local own = setmetatable({}, libraries)
  own._G = own
  own.stream = { write = function(self, text) write(tostring(text)) end }
  own.scripts_dir = '/usr/share/freeswitch/scripts'
  function own.require(name)
    if modules[name] == nil then error("module '" .. name .. "' not found") end
    return modules[name]
  end
  own.freeswitch = {
    consoleLog = function() end,
    API = function() return { execute = function(self, name, arguments) return execute(name, arguments or '') end } end,
  }
  function own.dofile(path)
    if string.sub(path, -#'/app/xml_handler/index.lua') ~= '/app/xml_handler/index.lua' then
      error('cannot open ' .. path)
    end
    if own.XML_REQUEST['section'] == 'dialplan' then
      own.XML_STRING = handler(
        own.params:getHeader('Hunt-Context') or own.params:getHeader('Caller-Context') or 'public',
        own.params:getHeader('Caller-Destination-Number') or '')
    end
  end
  return own
end
return function(code, write)
  local run, fault = load(code, '=script', 't', globals(write))
  if not run then error(fault) end
  run()
end
"""


class Lua:
    """Parameters: configuration; execute, which carries out an api command (name, arguments)."""

    def __init__(self, configuration: Configuration, execute: Callable[[str, str], str]) -> None:
        runtime: Any = lupa.LuaRuntime(unpack_returned_tuples=True, register_eval=False, register_builtins=False)
        self._run = runtime.execute(_SETUP, configuration.cache, execute, configuration.dialplan)

    def run(self, code: str) -> str:
        """What the code writes into its stream; `-ERR Cannot execute script` when it fails."""
        written: list[str] = []
        try:
            self._run(code, written.append)
        except lupa.LuaError:
            return "-ERR Cannot execute script\n"
        return "".join(written)
